import type { Tone } from "@/components/ui/badge";

import type { Instance } from "./api";

export type Action = "start" | "stop" | "restart" | "delete";

interface Look {
  label: string;
  tone: Tone;
}

const LOOKS: Readonly<Record<string, Look>> = {
  provisioning: { label: "Setting up", tone: "brand" },
  running: { label: "Running", tone: "good" },
  stopping: { label: "Stopping", tone: "brand" },
  stopped: { label: "Stopped", tone: "neutral" },
  restarting: { label: "Restarting", tone: "brand" },
  updating: { label: "Updating", tone: "brand" },
  degraded: { label: "Degraded", tone: "warn" },
  error: { label: "Error", tone: "bad" },
  unknown: { label: "Unknown", tone: "warn" },
  deprovisioning: { label: "Being deleted", tone: "brand" },
  deprovisioned: { label: "Deleted", tone: "neutral" },
};

/** Every status, in the order of an instance's life. */
export const INSTANCE_STATUSES: readonly string[] = Object.keys(LOOKS);

/** A status for people; a status that this version does not know is shown as it came. */
export function lookOf(status: string): Look {
  return LOOKS[status] ?? { label: status, tone: "neutral" };
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
