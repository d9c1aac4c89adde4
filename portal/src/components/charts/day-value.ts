import { texts } from "@/texts/charts";

export interface DayValue {
  /** `2026-11-24` */
  day: string;
  /** Null where nothing is known of the day. */
  value: number | null;
}

/** The greatest value that is known; 0 without any. */
export function mostOf(days: readonly DayValue[]): number {
  return Math.max(0, ...days.map(({ value }) => value ?? 0));
}

/** A day's value for people. */
export function valueText(value: number | null, textOf: (value: number) => string): string {
  return value === null ? texts.noReport : textOf(value);
}
