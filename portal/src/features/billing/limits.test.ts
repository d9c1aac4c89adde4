import { expect, it } from "vitest";

import type { Subscription } from "@/lib/api";

import { limitsOf } from "./limits";

it("names what a plan includes", () => {
  const mine = {
    billing_cycle: "monthly",
    max_agents: 100,
    max_messages_per_day: 999_999,
    max_storage_gb: 5,
    current_period_start: "2026-11-24T12:00:00Z",
    current_period_end: "2026-12-24T12:00:00Z",
  } as Subscription;
  expect(limitsOf(mine)).toEqual([
    ["Paid", "Monthly"],
    ["Agents", "100"],
    ["Messages a day", "Unlimited"],
    ["Storage", "5 GB"],
    ["Current period", "24 Nov 2026 to 24 Dec 2026"],
  ]);
  expect(limitsOf({ ...mine, billing_cycle: null, current_period_end: null })).toHaveLength(3);
});
