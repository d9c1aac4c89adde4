import type { Command } from "@/components/command/command";
import { type Api, done, type InstancesSynced } from "@/lib/api";
import { dateTime } from "@/lib/format";
import { texts } from "@/texts/admin-instances";

/** What is asked before all instances are reconciled. */
export function syncCommand(api: Api, planned: InstancesSynced): Command {
  const words = texts.sync;
  return {
    title: words.title,
    text: textOf(planned),
    action: words.action,
    reason: true,
    run: ({ reason }) => done(api.POST("/admin/sync-instances", { body: { reason } })),
    done: words.done,
  };
}

/** How many, and what came of it the last time. */
export function textOf({ instances, joined, ...last }: InstancesSynced): string {
  const { text, first, last: lastTime } = texts.sync;
  const before = last.begun_at
    ? lastTime(dateTime(last.begun_at), last.total, last.synced, last.errors, last.waiting)
    : first;
  return `${text(instances, joined)} ${before}`;
}
