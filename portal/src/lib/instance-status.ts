import type { Tone } from "@/components/ui/badge";

import { texts } from "@/texts/instance";

import type { Instance } from "./api";
import { words } from "./format";

export type Action = "start" | "stop" | "restart" | "delete";

interface Look {
  label: string;
  tone: Tone;
}

const TONES: Readonly<Record<string, Tone>> = {
  provisioning: "brand",
  running: "good",
  stopping: "brand",
  stopped: "neutral",
  restarting: "brand",
  updating: "brand",
  degraded: "warn",
  error: "bad",
  unknown: "warn",
  deprovisioning: "brand",
  deprovisioned: "neutral",
};

/** Every status, in the order of an instance's life. */
export const INSTANCE_STATUSES: readonly string[] = Object.keys(TONES);

/** A status for people; a status that this version does not know is shown as it came. */
export function lookOf(status: string): Look {
  return { label: texts.labels[status] ?? words(status), tone: TONES[status] ?? "neutral" };
}

const MOVING = new Set(["provisioning", "stopping", "restarting", "updating", "deprovisioning"]);

type Facts = Pick<Instance, "status" | "desired_state"> & { job?: Instance["job"] };

/** Whether something is under way, or wished and not begun. */
export function isSettling({ status, desired_state, job }: Facts): boolean {
  if (isGone({ status })) return false;
  if (MOVING.has(status) || (job != null && job.state !== "dead")) return true;
  return (
    (desired_state === "stopped" && status === "running") ||
    (desired_state === "running" && status === "stopped") ||
    desired_state === "deleted"
  );
}

/** Whether it is no more. */
export function isGone({ status }: Pick<Instance, "status">): boolean {
  return status === "deprovisioned";
}

/** What its owner can do now, as far as a page can tell; the API decides. */
export function actionsOf(instance: Facts): ReadonlySet<Action> {
  if (instance.desired_state === "deleted" || isGone(instance)) return new Set();
  switch (instance.status) {
    case "running":
    case "degraded":
      return new Set(["stop", "restart", "delete"]);
    case "stopped":
      return new Set(["start", "delete"]);
    case "error":
      return new Set(["start", "stop", "delete"]);
    default:
      return new Set(["delete"]);
  }
}

/** Whether its addresses are worth opening. */
export function isReachable({ status }: Pick<Instance, "status">): boolean {
  return status === "running" || status === "degraded";
}
