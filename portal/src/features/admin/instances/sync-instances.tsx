"use client";

import { useMutation } from "@tanstack/react-query";
import { RefreshCw } from "lucide-react";

import { useCommands } from "@/components/command/use-commands";
import { ErrorNotice } from "@/components/error-notice";
import { Button } from "@/components/ui/button";
import { done } from "@/lib/api";
import { useServices } from "@/lib/services";
import { texts } from "@/texts/admin-instances";

import { syncCommand } from "./sync-command";

/** Has all instances reconciled, once it was said how many that are and what came of it the last time. */
export function SyncInstances() {
  const { api } = useServices();
  const commands = useCommands();
  const look = useMutation({
    mutationFn: () => done(api.POST("/admin/sync-instances", { body: { preview: true } })),
    onSuccess: (planned) => commands.ask(syncCommand(api, planned)),
  });
  return (
    <div className="grid gap-3">
      <div>
        <Button variant="secondary" busy={look.isPending} onClick={() => look.mutate()}>
          <RefreshCw aria-hidden className="size-4" />
          {texts.sync.action}
        </Button>
      </div>
      {look.isError && <ErrorNotice error={look.error} />}
      {commands.element}
    </div>
  );
}
