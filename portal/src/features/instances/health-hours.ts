import type { HealthHour } from "@/lib/api";

export type HourLook = "none" | "good" | "some" | "bad";

/** How an hour is shown: not checked, all answered, some missed, or more missed than answered. */
export function hourLookOf({ checks, misses }: HealthHour): HourLook {
  if (checks === 0) return "none";
  if (misses === 0) return "good";
  return misses * 2 > checks ? "bad" : "some";
}

/** The share of checks that were answered, never rounded up to all of them; null without any. */
export function answeredShare(hours: readonly HealthHour[]): string | null {
  const sum = (of: (hour: HealthHour) => number) => hours.reduce((all, hour) => all + of(hour), 0);
  const checks = sum((hour) => hour.checks);
  if (checks === 0) return null;
  const thousandths = Math.floor((1000 * (checks - sum((hour) => hour.misses))) / checks);
  return `${thousandths / 10} %`;
}
