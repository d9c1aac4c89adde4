"use client";

import { useMutation } from "@tanstack/react-query";
import { Download } from "lucide-react";
import { useSearchParams } from "next/navigation";

import { ErrorNotice } from "@/components/error-notice";
import { askedOf, listQueryOf } from "@/components/list/list-query";
import { Button } from "@/components/ui/button";
import { done } from "@/lib/api";
import { saveFile } from "@/lib/save-file";
import { useServices } from "@/lib/services";
import { texts } from "@/texts/audit";

import { beforeOf, SPEC } from "./audit-query";

/** What the address asks for as a file for other programs: the newest 5,000 entries of it. */
export function DownloadLog() {
  const { api } = useServices();
  const parameters = useSearchParams();
  const download = useMutation({
    mutationFn: async () => {
      const { before, ...query } = askedOf(listQueryOf(parameters, SPEC));
      const csv = await done(
        api.GET("/admin/audit-logs", {
          params: { query: { ...query, ...beforeOf(before) } },
          headers: { accept: "text/csv" },
          parseAs: "blob",
        }),
      );
      saveFile(csv, texts.csv.file);
    },
  });
  return (
    <>
      <Button variant="secondary" busy={download.isPending} onClick={() => download.mutate()}>
        <Download aria-hidden className="size-4" />
        {texts.csv.action}
      </Button>
      {download.isError && <ErrorNotice error={download.error} />}
    </>
  );
}
