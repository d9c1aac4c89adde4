"use client";

import { useMutation } from "@tanstack/react-query";
import { Download } from "lucide-react";

import { ErrorNotice } from "@/components/error-notice";
import { Section } from "@/components/section";
import { Button } from "@/components/ui/button";
import { done } from "@/lib/api";
import { saveFile } from "@/lib/save-file";
import { useServices } from "@/lib/services";
import { texts as settings } from "@/texts/settings";

const { export: texts } = settings;

/** All that is held on the account, as a file. */
export function ExportData() {
  return (
    <Section title={texts.title} lead={texts.text}>
      <ExportButton />
    </Section>
  );
}

/** The button alone: an account that is being deleted has it, too. */
export function ExportButton() {
  const { api } = useServices();
  const download = useMutation({
    mutationFn: async () => {
      const held = await done(api.GET("/my/gdpr/export-data"));
      const file = new Blob([JSON.stringify(held, null, 2)], { type: "application/json" });
      saveFile(file, texts.file(new Date().toISOString().slice(0, 10)));
    },
  });
  return (
    <div className="grid justify-items-start gap-3">
      <Button variant="secondary" busy={download.isPending} onClick={() => download.mutate()}>
        <Download aria-hidden className="size-4" />
        {texts.action}
      </Button>
      {download.isError && <ErrorNotice error={download.error} />}
      <p role="status" className="text-sm text-muted empty:hidden">
        {download.isSuccess ? texts.done : null}
      </p>
    </div>
  );
}
