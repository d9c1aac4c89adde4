import type { Instance, InstanceEvent } from "@/lib/api";
import { ProblemError } from "@/lib/problem";

/** One answer of `/my/instances/{id}/events`. */
export interface Page {
  events: InstanceEvent[];
  next: number;
  instance: Instance;
}

export interface Follow {
  /** Asks for events after `after`, waiting up to `wait` seconds for one. */
  ask: (after: number, wait: number, signal: AbortSignal) => Promise<Page>;
  /** Takes an answer. */
  take: (page: Page) => void;
  /** Is told of a failure (the loop goes on unless it returned), and null once it is over. */
  trouble: (error: ProblemError | null) => void;
  /** Milliseconds; ends early when `signal` does. */
  sleep: (milliseconds: number, signal: AbortSignal) => Promise<void>;
}

/** Seconds that the API may keep a question open. */
export const WAIT = 20;

/** Milliseconds between two questions at least, so that an API that does not wait is not overrun. */
export const BREATH = 1_000;

/** Milliseconds before the first repetition after a failure; doubles up to `LONGEST`. */
const FIRST = 1_000;
const LONGEST = 30_000;

/**
 * Follows an instance's events by long polling until `signal` ends it or the API says that there is nothing to
 * follow (any 4xx but 408 and 429).
 */
export async function follow(
  { ask, take, trouble, sleep }: Follow,
  signal: AbortSignal,
): Promise<void> {
  let after = 0;
  let wait = 0; // the first answer is the history, at once
  let failures = 0;
  while (!signal.aborted) {
    try {
      const page = await ask(after, wait, signal);
      if (signal.aborted) return;
      take(page);
      if (failures > 0) trouble(null);
      failures = 0;
      wait = WAIT;
      after = Math.max(after, page.next);
      await sleep(BREATH, signal);
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof ProblemError)) throw error;
      trouble(error);
      if (isFinal(error)) return;
      const pause = Math.min(FIRST * 2 ** failures, LONGEST);
      failures += 1;
      await sleep(Math.max(pause, (error.retryAfter ?? 0) * 1_000), signal);
    }
  }
}

function isFinal({ status }: ProblemError): boolean {
  return status >= 400 && status < 500 && status !== 408 && status !== 429;
}

/** Waits; ends at once, without an error, when `signal` does. */
export function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const timer = setTimeout(done, milliseconds);
    signal.addEventListener("abort", done, { once: true });
    function done() {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    }
  });
}

/** Events with new ones added: by id, each once, oldest first, at most `KEPT`. */
export function merged(
  known: readonly InstanceEvent[],
  added: readonly InstanceEvent[],
): InstanceEvent[] {
  if (added.length === 0) return [...known];
  const byId = new Map([...known, ...added].map((event) => [event.id, event]));
  return [...byId.values()].sort((a, b) => a.id - b.id).slice(-KEPT);
}

const KEPT = 500;
