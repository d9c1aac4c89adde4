import { expect, it } from "vitest";

import { textOf } from "./sync-command";

const NEVER = {
  preview: true,
  instances: 1,
  enqueued: 1,
  joined: 0,
  begun_at: null,
  total: 0,
  synced: 0,
  errors: 0,
  waiting: 0,
  updates: [],
};

it("says how many, and that it was never done", () => {
  expect(textOf(NEVER)).toBe(
    "One instance is compared with what it should be, and mended where it differs. It was not done for all of them before.",
  );
});

it("says how many wait already, and what came of it the last time", () => {
  const text = textOf({
    ...NEVER,
    instances: 12,
    joined: 2,
    begun_at: "2026-11-24T10:00:00Z",
    total: 11,
    synced: 9,
    errors: 1,
    waiting: 1,
  });
  expect(text).toContain("12 instances are compared");
  expect(text).toContain("For 2 of them that is waiting already.");
  expect(text).toMatch(/The last time, .*: 9 of 11 done, 1 failed, 1 under way\./);
});
