"use client";

import dynamic from "next/dynamic";

import { Skeleton } from "@/components/ui/skeleton";

import type { DailyChartProps } from "./daily-chart";

const Chart = dynamic(() => import("./daily-chart").then((module) => module.DailyChart), {
  ssr: false,
  loading: () => <Skeleton className="h-full" />,
});

/** A chart by day. The library is large, and only who looks at charts loads it. */
export function LazyDailyChart(props: DailyChartProps) {
  return (
    <div className={props.small ? "h-[140px]" : "h-[200px]"}>
      <Chart {...props} />
    </div>
  );
}
