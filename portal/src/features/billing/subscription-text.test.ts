import { expect, it } from "vitest";

import type { Subscription } from "@/lib/api";

import { subscriptionText } from "./subscription-text";

const HOBBY: Subscription = {
  id: "0198c0de-0000-7000-8000-000000000001",
  account_id: "0198c0de-0000-7000-8000-000000000002",
  tier: "hobby",
  billing_cycle: "monthly",
  status: "active",
  access: "full",
  current_period_end: "2026-12-24T12:00:00Z",
  trial_ends_at: "2026-11-27T12:00:00Z",
  cancel_at_period_end: false,
  max_agents: 100,
  max_messages_per_day: 999_999,
  max_storage_gb: 5,
  can_run_instances: true,
  created_at: "2026-11-24T12:00:00Z",
  updated_at: "2026-11-24T12:00:00Z",
};

it("tells what comes next", () => {
  expect(subscriptionText(HOBBY)).toContain("next payment is on 24 Dec 2026");
  expect(subscriptionText({ ...HOBBY, cancel_at_period_end: true })).toContain("ends on 24 Dec");
  expect(subscriptionText({ ...HOBBY, status: "trialing" })).toContain("27 Nov 2026; the first");
  const leaving = { ...HOBBY, status: "trialing", cancel_at_period_end: true };
  expect(subscriptionText(leaving)).toContain("nothing will be charged");
});

it("has a sentence for accounts without a paid plan", () => {
  expect(subscriptionText(null)).toContain("without an instance");
  expect(subscriptionText({ ...HOBBY, tier: "free" })).toContain("without an instance");
});

it.each([
  "past_due",
  "unpaid",
  "paused",
  "incomplete",
  "incomplete_expired",
  "cancelled",
  "unknown",
  "a_new_one",
])("has a sentence for %s", (status) =>
  expect(subscriptionText({ ...HOBBY, status })).toMatch(/\.$/),
);
