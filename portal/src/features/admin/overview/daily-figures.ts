import type { DayValue } from "@/components/charts/day-value";
import type { components } from "@/lib/api.generated";

export type AdminDashboard = components["schemas"]["AdminDashboard"];

type DayFigures = AdminDashboard["days"][number];

/** What is counted by day. */
export type DailyFigure = Exclude<keyof DayFigures, "day">;

/** One figure of each day. */
export function valuesOf(days: readonly DayFigures[], figure: DailyFigure): DayValue[] {
  return days.map((one) => ({ day: one.day, value: one[figure] }));
}

export function sumOf(days: readonly DayFigures[], figure: DailyFigure): number {
  return days.reduce((sum, one) => sum + one[figure], 0);
}

/** An amount in minor units where there is little room: `$1.5K`. */
export function shortMoney(minorUnits: number, currency: string): string {
  const format = new Intl.NumberFormat("en-US", {
    style: "currency",
    currency: currency.toUpperCase(),
    notation: "compact",
  });
  // The compact notation has dropped the currency's own digits.
  const { maximumFractionDigits } = new Intl.NumberFormat("en-US", {
    style: "currency",
    currency: currency.toUpperCase(),
  }).resolvedOptions();
  return format.format(minorUnits / 10 ** (maximumFractionDigits ?? 2));
}
