import { expect, it } from "vitest";

import type { Payment, Subscription } from "@/lib/api";

import { momentsOf } from "./timeline-steps";

const MINE: Subscription = {
  id: "s",
  account_id: "a",
  tier: "hobby",
  billing_cycle: "monthly",
  status: "active",
  access: "full",
  current_period_start: "2026-11-01T00:00:00Z",
  current_period_end: "2026-12-01T00:00:00Z",
  trial_ends_at: "2026-10-04T00:00:00Z",
  cancel_at_period_end: false,
  max_agents: 1,
  max_messages_per_day: 1,
  max_storage_gb: 1,
  can_run_instances: true,
  created_at: "2026-10-01T00:00:00Z",
  updated_at: "2026-11-01T00:00:00Z",
};

const told = (change: Partial<Subscription>, invoices: Payment[] = []) =>
  momentsOf({ ...MINE, ...change }, invoices).map(({ text, at, is }) => [
    text,
    at?.slice(0, 10),
    is,
  ]);

const invoice = (status: string, day: string) =>
  ({ status, created_at: `${day}T00:00:00Z` }) as Payment;

it("tells of the period and the next payment", () => {
  expect(told({})).toEqual([
    ["Your subscription began", "2026-10-01", "past"],
    ["The present period began", "2026-11-01", "past"],
    ["The next payment", "2026-12-01", "to come"],
  ]);
  expect(told({ cancel_at_period_end: true }).at(-1)?.[0]).toMatch(/ends/);
});

it("tells of the free days, and what follows them", () => {
  expect(told({ status: "trialing" }).at(-1)).toEqual([
    "Your free days end, and the first payment follows",
    "2026-10-04",
    "to come",
  ]);
  expect(told({ status: "trialing", cancel_at_period_end: true }).at(-1)?.[0]).toMatch(
    /nothing is charged/,
  );
});

it("tells since when a payment is missing, by the oldest open invoice", () => {
  const invoices = [
    invoice("open", "2026-11-08"),
    invoice("open", "2026-11-01"),
    invoice("paid", "2026-10-01"),
  ];
  const moments = told({ status: "past_due" }, invoices);
  expect(moments[1]).toEqual(["A payment did not go through", "2026-11-01", "trouble"]);
  expect(moments.slice(2).map(([, , is]) => is)).toEqual(["to come", "to come"]);
  expect(told({ status: "unpaid" })[2]?.[2]).toBe("trouble");
});

it("tells on which day what becomes of an instance that is not paid for", () => {
  const dunning = {
    since: "2026-11-01T00:00:00Z",
    pause_at: "2026-11-08T00:00:00Z",
    stop_at: "2026-11-15T00:00:00Z",
    remove_at: "2026-12-15T00:00:00Z",
  };
  const now = Date.parse("2026-11-10T00:00:00Z");
  const days = (change: Partial<Subscription>) =>
    momentsOf({ ...MINE, dunning, ...change }, [], now)
      .slice(-3)
      .map(({ at, is }) => [at?.slice(0, 10), is]);
  const all = [
    ["2026-11-08", "trouble"],
    ["2026-11-15", "to come"],
    ["2026-12-15", "to come"],
  ];
  expect(days({ status: "past_due" })).toEqual(all);
  expect(days({ tier: "free", status: "active" })).toEqual(all);
  const ended = days({ tier: "free", dunning: { ...dunning, pause_at: null } });
  expect(ended.slice(1)).toEqual(all.slice(1));
});

it("has nothing to tell of a free plan, or of a first payment that was not made", () => {
  expect(told({ tier: "free" })).toEqual([]);
  expect(told({ status: "incomplete" })).toEqual([]);
});
