"use client";

import { useQuery, type UseQueryResult } from "@tanstack/react-query";

import { ErrorNotice } from "@/components/error-notice";
import { Loading } from "@/components/loading";
import { Skeleton } from "@/components/ui/skeleton";
import { type AdminStats, done } from "@/lib/api";
import { useServices } from "@/lib/services";
import { texts as admin } from "@/texts/admin";

import { AdminPage } from "../admin-page";
import { Charts } from "./charts";
import type { AdminDashboard } from "./daily-figures";
import { Days } from "./days";
import { Figures } from "./figures";

const { overview: texts } = admin;

/** How often the figures are read again (milliseconds). */
const LOOK_EVERY = 15_000;

/** How often the days are: their sums change slowly (milliseconds). */
const LOOK_AT_DAYS_EVERY = 120_000;

/** `/admin`: the platform in figures, each with what it counts. */
export function Overview() {
  return (
    <AdminPage title={texts.title} lead={texts.lead}>
      <Stats />
    </AdminPage>
  );
}

function Stats() {
  const { api } = useServices();
  const stats = useQuery({
    queryKey: ["admin", "stats"],
    queryFn: ({ signal }) => done(api.GET("/admin/stats", { signal })),
    refetchInterval: LOOK_EVERY,
  });
  // Asked for at the same time, so that neither waits for the other.
  const days = useQuery({
    queryKey: ["admin", "dashboard"],
    queryFn: ({ signal }) => done(api.GET("/admin/metrics/dashboard", { signal })),
    refetchInterval: LOOK_AT_DAYS_EVERY,
  });
  if (stats.isPending) return <Waiting />;
  return (
    <>
      {stats.isError && <ErrorNotice error={stats.error} retry={() => void stats.refetch()} />}
      {stats.data && <Shown stats={stats.data} days={days} />}
    </>
  );
}

interface ShownProps {
  stats: AdminStats;
  days: UseQueryResult<AdminDashboard>;
}

function Shown({ stats, days }: ShownProps) {
  return (
    <>
      <Figures stats={stats} />
      <Days result={days} />
      <Charts stats={stats} />
    </>
  );
}

function Waiting() {
  return (
    <Loading>
      <div className="grid gap-4 sm:grid-cols-2 xl:grid-cols-3">
        {[0, 1, 2, 3, 4, 5].map((at) => (
          <Skeleton key={at} className="h-32" />
        ))}
      </div>
      <Skeleton className="h-72" />
    </Loading>
  );
}
