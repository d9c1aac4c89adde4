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

import { type DayValue, mostOf, valueText } from "./day-value";
import { ticksOf } from "./ticks";

export interface DailyChartProps {
  days: readonly DayValue[];
  /** A line that should not be crossed. */
  limit?: { value: number; name: string } | undefined;
  /** A value for people. */
  textOf?: (value: number) => string;
  /** The same on the axis, where there is little room. */
  axisTextOf?: (value: number) => string;
  /** Whether it is measured rather than counted. */
  measured?: boolean;
  /** One of several. */
  small?: boolean;
}

const TICK = { fill: "var(--muted)", fontSize: 12 };

/**
 * One bar for each day, and a gap where nothing is known. Recharts draws SVG and sets what it must by the browser's
 * own objects, which our policy allows; the same numbers stand in a table beside it.
 */
export function DailyChart(props: DailyChartProps) {
  const { days, limit, textOf = number, axisTextOf = compact, measured = false, small } = props;
  const ticks = ticksOf(Math.max(mostOf(days), limit?.value ?? 0), { whole: !measured });
  return (
    <div className="min-w-0 overflow-hidden" aria-hidden>
      <ResponsiveContainer width="100%" height={small ? 140 : 200}>
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
            ticks={ticks}
            tickFormatter={axisTextOf}
            domain={[0, ticks.at(-1) ?? 1]}
          />
          <Tooltip
            cursor={{ fill: "var(--raised)" }}
            isAnimationActive={false}
            filterNull={false}
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
      <p className="font-medium tabular-nums">{valueText(at.value, textOf)}</p>
    </div>
  );
}
