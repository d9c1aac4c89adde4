import type { DayValue } from "@/components/charts/day-value";
import type { UsageDay } from "@/lib/api";

type Measure = "messages_sent" | "agents_used" | "storage_used_gb";

const DAY = 86_400_000;

/**
 * One value for each of the last `days` days (UTC, today the last). Where an account had two subscriptions on a day
 * their values are added. A day without a report has no value: nothing is known of it.
 */
export function dailyOf(
  usage: readonly UsageDay[],
  measure: Measure,
  days: number,
  now: number,
): DayValue[] {
  const sums = new Map<string, number>();
  for (const row of usage) {
    sums.set(row.metric_date, (sums.get(row.metric_date) ?? 0) + row[measure]);
  }
  return Array.from({ length: days }, (_, at) => {
    const day = new Date(now - (days - 1 - at) * DAY).toISOString().slice(0, 10);
    return { day, value: sums.get(day) ?? null };
  });
}
