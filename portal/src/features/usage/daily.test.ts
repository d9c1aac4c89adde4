import { expect, it } from "vitest";

import type { UsageDay } from "@/lib/api";

import { dailyOf } from "./daily";

const NOW = Date.parse("2026-03-01T00:30:00Z");

function day(metric_date: string, messages_sent: number): UsageDay {
  return {
    id: metric_date,
    subscription_id: "s",
    metric_date,
    messages_sent,
    agents_used: 1,
    storage_used_gb: 0.5,
    created_at: `${metric_date}T23:59:00Z`,
  };
}

it("leaves a gap where a day has no report, today last", () => {
  const usage = [day("2026-02-26", 0), day("2026-02-27", 3), day("2026-03-01", 5)];
  expect(dailyOf(usage, "messages_sent", 4, NOW)).toEqual([
    { day: "2026-02-26", value: 0 },
    { day: "2026-02-27", value: 3 },
    { day: "2026-02-28", value: null },
    { day: "2026-03-01", value: 5 },
  ]);
  expect(dailyOf(usage, "storage_used_gb", 2, NOW)).toEqual([
    { day: "2026-02-28", value: null },
    { day: "2026-03-01", value: 0.5 },
  ]);
});

it("adds what two subscriptions used on one day, and leaves older days out", () => {
  const usage = [day("2026-02-01", 9), day("2026-03-01", 5), day("2026-03-01", 2)];
  expect(dailyOf(usage, "messages_sent", 1, NOW)).toEqual([{ day: "2026-03-01", value: 7 }]);
});
