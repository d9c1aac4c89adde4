"use client";

import { useQuery } from "@tanstack/react-query";

import { Breakdown, type Part } from "@/components/charts/breakdown";
import { Section } from "@/components/section";
import type { Tone } from "@/components/ui/badge";
import { plansInOrder } from "@/features/pricing/price";
import { ACCOUNT_STATUSES, accountLookOf } from "@/lib/account-status";
import type { AdminStats } from "@/lib/api";
import { INSTANCE_STATUSES, lookOf } from "@/lib/instance-status";
import { JOB_STATES, jobLookOf } from "@/lib/job-state";
import { pricingQuery } from "@/lib/queries";
import { useServices } from "@/lib/services";
import { SUBSCRIPTION_STATUSES, subscriptionLookOf } from "@/lib/subscription-status";
import { texts as admin } from "@/texts/admin";

import { RecentActivity } from "./recent-activity";

const { overview: texts } = admin;

type Counts = Readonly<Record<string, number>>;

/** What the figures consist of, and what was changed last. */
export function Charts({ stats }: { stats: AdminStats }) {
  return (
    <div className="grid items-start gap-4 md:grid-cols-2">
      <Chart title={texts.instancesBy} means={texts.instancesByMeans}>
        {partsOf(stats.instances_by_status, INSTANCE_STATUSES, lookOf, "/admin/instances?status=")}
      </Chart>
      <Chart title={texts.accountsBy} means={texts.accountsByMeans}>
        {partsOf(
          stats.accounts_by_status,
          ACCOUNT_STATUSES,
          accountLookOf,
          "/admin/accounts?status=",
        )}
      </Chart>
      <Chart title={texts.subscriptionsBy} means={texts.subscriptionsByMeans}>
        {partsOf(stats.subscriptions_by_status, SUBSCRIPTION_STATUSES, subscriptionLookOf)}
      </Chart>
      <Plans counts={stats.subscriptions_by_tier} />
      <Chart title={texts.jobsBy} means={texts.jobsByMeans}>
        {partsOf(stats.jobs_by_state, JOB_STATES, jobLookOf, "/admin/jobs?state=")}
      </Chart>
      <RecentActivity entries={stats.recent_activity} />
    </div>
  );
}

function Plans({ counts }: { counts: Counts }) {
  const { api } = useServices();
  const { data } = useQuery(pricingQuery(api));
  const plans = data ? plansInOrder(data) : [];
  const names = new Map(plans.map(([key, { name }]) => [key, name]));
  const keys = plans.map(([key]) => key);
  const look = (key: string) => ({ label: names.get(key) ?? key, tone: "brand" as const });
  return (
    <Chart title={texts.plansBy} means={texts.plansByMeans}>
      {partsOf(counts, keys, look)}
    </Chart>
  );
}

interface ChartProps {
  title: string;
  means: string;
  children: readonly Part[];
}

function Chart({ title, means, children }: ChartProps) {
  return (
    <Section title={title} lead={means}>
      <Breakdown parts={children} empty={texts.emptyChart} />
    </Section>
  );
}

/** In the order of a life; what this version does not know comes last. */
function partsOf(
  counts: Counts,
  known: readonly string[],
  look: (key: string) => { label: string; tone: Tone },
  list?: string,
): Part[] {
  const others = Object.keys(counts).filter((key) => !known.includes(key));
  return [...known, ...others].map((key) => ({
    key,
    ...look(key),
    number: counts[key] ?? 0,
    ...(list && { href: list + key }),
  }));
}
