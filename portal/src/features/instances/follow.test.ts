import { expect, it } from "vitest";

import type { Instance, InstanceEvent } from "@/lib/api";
import { ProblemError } from "@/lib/problem";

import { BREATH, follow, merged, type Page, sleep, WAIT } from "./follow";

const event = (id: number, name = "x"): InstanceEvent => ({
  id,
  kind: "step",
  name,
  actor: "system",
  created_at: "2026-11-24T12:00:00Z",
});

function page(...ids: number[]): Page {
  return { events: ids.map((id) => event(id)), next: ids.at(-1) ?? 0, instance: {} as Instance };
}

/** Follows through the given answers, then stops; says what happened. */
async function through(...answers: (Page | Error)[]) {
  const end = new AbortController();
  const log = {
    asked: [] as [number, number][],
    taken: [] as number[][],
    troubles: [] as (string | null)[],
    slept: [] as number[],
  };
  await follow(
    {
      ask: async (after, wait) => {
        const answer = answers.shift();
        if (answer === undefined) {
          end.abort();
          throw new DOMException("ended", "AbortError");
        }
        log.asked.push([after, wait]);
        if (answer instanceof Error) throw answer;
        return answer;
      },
      take: ({ events }) => log.taken.push(events.map(({ id }) => id)),
      trouble: (error) => log.troubles.push(error?.code ?? null),
      sleep: async (milliseconds) => void log.slept.push(milliseconds),
    },
    end.signal,
  );
  return { ...log, left: answers.length };
}

const busy = (retryAfter: number | null = null) =>
  new ProblemError(429, "too_many", "Wait.", {}, null, retryAfter);

it("reads the history at once, then waits for what is new, and never goes back", async () => {
  const { asked, taken } = await through(page(1, 2), page(), page(3), page());
  expect(asked).toEqual([
    [0, 0],
    [2, WAIT],
    [2, WAIT],
    [3, WAIT],
  ]);
  expect(taken).toEqual([[1, 2], [], [3], []]);
});

it("breathes between questions even when the API does not wait", async () => {
  const { slept } = await through(page(), page());
  expect(slept).toEqual([BREATH, BREATH]);
});

it("goes on after passing trouble, ever slower, and says when it is over", async () => {
  const down = () => new ProblemError(0, "unreachable", "Down.");
  const { slept, troubles } = await through(down(), down(), down(), page());
  expect(slept).toEqual([1_000, 2_000, 4_000, BREATH]);
  expect(troubles).toEqual(["unreachable", "unreachable", "unreachable", null]);
});

it("waits as long as it is told", async () => {
  const { slept } = await through(busy(7), page());
  expect(slept).toEqual([7_000, BREATH]);
});

it.each([401, 403, 404])("ends on %i", async (status) => {
  const { left, troubles } = await through(new ProblemError(status, "no", "No."), page());
  expect(left).toBe(1);
  expect(troubles).toEqual(["no"]);
});

it("merges events once each, in order", () => {
  const ids = (events: InstanceEvent[]) => events.map(({ id }) => id);
  expect(ids(merged([event(1), event(3)], [event(3), event(2)]))).toEqual([1, 2, 3]);
  expect(ids(merged([event(1)], []))).toEqual([1]);
  const many = Array.from({ length: 600 }, (_, id) => event(id));
  expect(merged([], many)).toHaveLength(500);
  expect(merged([], many).at(-1)?.id).toBe(599);
});

it("wakes when it is told to stop", async () => {
  const end = new AbortController();
  const slept = sleep(3_600_000, end.signal);
  end.abort();
  await slept;
  await sleep(3_600_000, end.signal);
});
