import { expect, it } from "vitest";

import { answeredShare, hourLookOf } from "./health-hours";

const hour = (checks: number, misses: number) => ({ hour: "2026-11-24T11:00:00Z", checks, misses });

it.each([
  [0, 0, "none"],
  [60, 0, "good"],
  [60, 1, "some"],
  [60, 30, "some"],
  [60, 31, "bad"],
  [1, 1, "bad"],
])("shows %i checks with %i misses as %s", (checks, misses, look) =>
  expect(hourLookOf(hour(checks, misses))).toBe(look),
);

it("tells the share that was answered, and never all when one was missed", () => {
  expect(answeredShare([hour(0, 0)])).toBeNull();
  expect(answeredShare([hour(60, 0), hour(60, 0)])).toBe("100 %");
  expect(answeredShare([hour(60, 0), hour(60, 3)])).toBe("97.5 %");
  expect(answeredShare([hour(100_000, 1)])).toBe("99.9 %");
});
