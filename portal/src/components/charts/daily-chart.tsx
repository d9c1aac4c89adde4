"use client";

import {
  Bar,
  BarChart,
  CartesianGrid,
  ReferenceLine,
  ResponsiveContainer,
  Tooltip,
  type TooltipContentProps,
  XAxis,
  YAxis,
} from "recharts";

import { day, dayAndMonth, number } from "@/lib/format";

export interface DayValue {
  /** `2026-11-24` */
  day: string;
  value: number;
}

interface DailyChartProps {
  days: readonly DayValue[];
  /** A line that should not be crossed. */
  limit?: { value: number; name: string } | undefined;
  /** A value for people. */
  textOf?: (value: number) => string;
}

const HEIGHT = 200;
const TICK = { fill: "var(--muted)", fontSize: 12 };

/**
 * One bar for each day. Recharts draws SVG and sets what it must by the browser's own objects, which our policy
 * allows; the same numbers stand in a table beside it.
 */
export function DailyChart({ days, limit, textOf = number }: DailyChartProps) {
  return (
    <div className="h-[200px] min-w-0 overflow-hidden" aria-hidden>
      <ResponsiveContainer width="100%" height={HEIGHT}>
        <BarChart
          data={[...days]}
          margin={{ top: 8, right: 0, bottom: 0, left: 0 }}
          accessibilityLayer={false}
        >
          <CartesianGrid vertical={false} stroke="var(--line)" />
          <XAxis
            dataKey="day"
            tickFormatter={dayAndMonth}
            tick={TICK}
            tickLine={false}
            axisLine={{ stroke: "var(--line)" }}
            minTickGap={24}
          />
          <YAxis
            tick={TICK}
            tickLine={false}
            axisLine={false}
            width={44}
            allowDecimals={false}
            tickFormatter={compact}
            domain={[0, (most: number) => Math.max(most, limit?.value ?? 0, 1)]}
          />
          <Tooltip
            cursor={{ fill: "var(--raised)" }}
            isAnimationActive={false}
            content={(props) => <Told {...props} textOf={textOf} />}
          />
          {limit && <ReferenceLine y={limit.value} stroke="var(--warn)" strokeDasharray="4 4" />}
          <Bar
            dataKey="value"
            fill="var(--brand)"
            radius={[3, 3, 0, 0]}
            maxBarSize={28}
            isAnimationActive={false}
          />
        </BarChart>
      </ResponsiveContainer>
    </div>
  );
}

function compact(value: number): string {
  return Intl.NumberFormat("en-US", { notation: "compact" }).format(value);
}

interface ToldProps extends Pick<TooltipContentProps, "active" | "payload"> {
  textOf: (value: number) => string;
}

function Told({ active, payload, textOf }: ToldProps) {
  const at = payload?.[0]?.payload as DayValue | undefined;
  if (!active || !at) return null;
  return (
    <div className="rounded-lg border border-line bg-surface px-3 py-2 text-sm shadow-md">
      <p className="text-muted">{day(at.day)}</p>
      <p className="font-medium tabular-nums">{textOf(at.value)}</p>
    </div>
  );
}
