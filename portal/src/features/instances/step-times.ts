import type { Step } from "@/lib/api";

/** Milliseconds that a step took or has taken so far; null before it began. */
export function elapsedOf({ started_at, finished_at, state }: Step, now: number): number | null {
  if (!started_at || state === "pending") return null;
  if (finished_at) return Date.parse(finished_at) - Date.parse(started_at);
  return state === "running" ? now - Date.parse(started_at) : null;
}

interface Total {
  milliseconds: number;
  isOver: boolean;
}

/**
 * From the first step's beginning to the last one's end, or to now; null before it began. After a step that failed
 * nothing goes on, whatever was to come.
 */
export function totalOf(steps: readonly Step[], now: number): Total | null {
  const starts = steps.flatMap(({ started_at }) => (started_at ? [Date.parse(started_at)] : []));
  if (starts.length === 0) return null;
  const states = new Set(steps.map(({ state }) => state));
  const isOver = !states.has("running") && (states.has("failed") || !states.has("pending"));
  const ends = steps.flatMap(({ finished_at }) => (finished_at ? [Date.parse(finished_at)] : []));
  const end = isOver ? Math.max(...ends, ...starts) : now;
  return { milliseconds: end - Math.min(...starts), isOver };
}
