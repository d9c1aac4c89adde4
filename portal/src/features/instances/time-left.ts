import type { Estimate, Step } from "@/lib/api";

/**
 * Milliseconds until the work is over, by how long its steps usually take: of the step under way what is left of its
 * time, of those to come all of it. Null when a step that is to come has no history, or nothing is to come.
 */
export function timeLeft(
  steps: readonly Step[],
  estimate: Estimate | null | undefined,
  now: number,
): number | null {
  if (!estimate) return null;
  const typical = new Map(
    estimate.steps.map(({ name, typical_seconds }) => [name, typical_seconds]),
  );
  let left = 0;
  let isOver = true;
  for (const { name, state, started_at } of steps) {
    if (state !== "pending" && state !== "running") continue;
    isOver = false;
    const usual = typical.get(name);
    if (usual == null) return null;
    const spent = state === "running" && started_at ? now - Date.parse(started_at) : 0;
    left += Math.max(0, usual * 1000 - spent);
  }
  return isOver ? null : left;
}
