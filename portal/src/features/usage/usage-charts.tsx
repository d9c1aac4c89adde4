"use client";

import dynamic from "next/dynamic";
import { useState } from "react";

import { Meter } from "@/components/charts/meter";
import { DataTable } from "@/components/list/data-table";
import { Section } from "@/components/section";
import { TextLink } from "@/components/text-link";
import { Skeleton } from "@/components/ui/skeleton";
import { When } from "@/components/when";
import { UNLIMITED } from "@/features/billing/limits";
import type { Usage } from "@/lib/api";
import { number } from "@/lib/format";
import { texts } from "@/texts/usage";

import { dailyOf } from "./daily";

/** The library is large, and only who looks at charts loads it. */
const DailyChart = dynamic(
  () => import("@/components/charts/daily-chart").then((module) => module.DailyChart),
  { ssr: false, loading: () => <Skeleton className="h-[200px]" /> },
);

interface UsageChartsProps {
  usage: Usage;
  days: number;
}

/** Messages, agents and storage, each with its chart and its limit. */
export function UsageCharts({ usage: { usage, aggregated, limits }, days }: UsageChartsProps) {
  // The charts' last day is the one on which they were first shown.
  const [now] = useState(() => Date.now());
  const messages = dailyOf(usage, "messages_sent", days, now);
  const today = messages.at(-1)?.value ?? 0;
  return (
    <div className="grid gap-6 lg:grid-cols-2" data-testid="usage">
      <Measure
        title={texts.messages}
        text={texts.messagesText}
        sum={texts.total(number(aggregated.totalMessages))}
        days={messages}
        used={today}
        limit={limits?.max_messages_per_day}
        textOf={number}
        limitTextOf={(limit) => texts.perDay(number(limit))}
        wide
      />
      <Measure
        title={texts.agents}
        text={texts.agentsText}
        sum={texts.most(number(aggregated.totalAgents))}
        days={dailyOf(usage, "agents_used", days, now)}
        used={aggregated.totalAgents}
        limit={limits?.max_agents}
        textOf={number}
        limitTextOf={number}
      />
      <Measure
        title={texts.storage}
        text={texts.storageText}
        sum={texts.most(gigabytes(aggregated.totalStorage))}
        days={dailyOf(usage, "storage_used_gb", days, now)}
        used={aggregated.totalStorage}
        limit={limits?.max_storage_gb}
        textOf={gigabytes}
        limitTextOf={gigabytes}
      />
    </div>
  );
}

function gigabytes(value: number): string {
  return texts.gigabytes(number(value));
}

interface MeasureProps {
  title: string;
  text: string;
  sum: string;
  days: ReturnType<typeof dailyOf>;
  /** What is held against the limit. */
  used: number;
  limit: number | undefined;
  textOf: (value: number) => string;
  limitTextOf: (limit: number) => string;
  /** Over both columns. */
  wide?: boolean;
}

function Measure(props: MeasureProps) {
  const { title, text, sum, days, used, limit, textOf, limitTextOf, wide } = props;
  const bounded = limit !== undefined && limit < UNLIMITED;
  // A limit that is far above everything would flatten the chart.
  const most = Math.max(...days.map(({ value }) => value));
  const line = bounded && most * 4 >= limit ? { value: limit, name: texts.limit } : undefined;
  return (
    <Section
      title={title}
      lead={text}
      aside={<span className="text-sm">{sum}</span>}
      className={wide ? "lg:col-span-2" : undefined}
    >
      <DailyChart days={days} limit={line} textOf={textOf} />
      {bounded && (
        <div className="grid gap-1.5">
          <Meter
            label={title}
            value={used}
            most={limit}
            text={texts.used(textOf(used), textOf(limit))}
          />
          <p className="text-sm text-muted">
            {texts.usedSentence(textOf(used), limitTextOf(limit))} <Warning share={used / limit} />
          </p>
        </div>
      )}
      {!bounded && limit !== undefined && <p className="text-sm text-muted">{texts.unlimited}</p>}
      <AsTable title={title} days={days} textOf={textOf} />
    </Section>
  );
}

function Warning({ share }: { share: number }) {
  if (share < 0.8) return null;
  return (
    <span className="font-medium text-ink">
      {share >= 1 ? texts.over : texts.near} <TextLink href="/billing">{texts.upgrade}</TextLink>
    </span>
  );
}

type AsTableProps = Pick<MeasureProps, "title" | "days" | "textOf">;

function AsTable({ title, days, textOf }: AsTableProps) {
  return (
    <details>
      <summary className="text-sm text-brand">{texts.asTable}</summary>
      <div className="mt-3 max-h-72 overflow-y-auto">
        <DataTable
          what={title}
          columns={[
            { name: texts.day, cell: ({ day }) => <When at={day} to="day" /> },
            { name: title, cell: ({ value }) => textOf(value), end: true },
          ]}
          rows={days.toReversed()}
          keyOf={({ day }) => day}
        />
      </div>
    </details>
  );
}
