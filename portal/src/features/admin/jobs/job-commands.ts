import type { Command } from "@/components/command/command";
import { type AdminJob, type Api, done } from "@/lib/api";
import { texts } from "@/texts/jobs";

export const JOB_ACTIONS = ["retry", "cancel", "discard"] as const;

export type JobAction = (typeof JOB_ACTIONS)[number];

/** What the API says can be done with it now. */
export function actionsOf({ actions }: AdminJob): JobAction[] {
  return JOB_ACTIONS.filter((action) => actions.includes(action));
}

/** Sends it. */
export function actOn(
  api: Api,
  { id }: AdminJob,
  action: JobAction,
  reason: string,
): Promise<unknown> {
  const params = { path: { id } };
  return done(api.POST(`/admin/jobs/{id}/${action}`, { params, body: { reason } }));
}

/** What is asked before it is sent. */
export function jobCommand(api: Api, job: AdminJob, action: JobAction): Command {
  const words = texts.actions[action];
  return {
    title: words.title(job.id),
    text: words.text,
    action: words.action,
    danger: action !== "retry",
    reason: true,
    run: ({ reason }) => actOn(api, job, action, reason),
    done: words.done(job.id),
  };
}
