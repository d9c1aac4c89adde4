"use client";

import { useState } from "react";

import { DailyTable } from "@/components/charts/daily-table";
import { type DayValue, mostOf } from "@/components/charts/day-value";
import { LazyDailyChart } from "@/components/charts/lazy-daily-chart";
import { Meter } from "@/components/charts/meter";
import { Section } from "@/components/section";
import { TextLink } from "@/components/text-link";
import { UNLIMITED } from "@/features/billing/limits";
import type { Usage } from "@/lib/api";
import { number } from "@/lib/format";
import { texts } from "@/texts/usage";

import { dailyOf } from "./daily";

interface UsageChartsProps {
  usage: Usage;
  days: number;
}

/** Messages, agents and storage, each with its chart and its limit. */
export function UsageCharts({ usage: { usage, aggregated, limits }, days }: UsageChartsProps) {
  // The charts' last day is the one on which they were first shown.
  const [now] = useState(() => Date.now());
  const messages = dailyOf(usage, "messages_sent", days, now);
  const today = messages.at(-1)?.value ?? null;
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
        measured
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
  days: readonly DayValue[];
  /** What is held against the limit; null while it is not known. */
  used: number | null;
  limit: number | undefined;
  textOf: (value: number) => string;
  limitTextOf: (limit: number) => string;
  /** Whether it is measured rather than counted. */
  measured?: boolean;
  /** Over both columns. */
  wide?: boolean;
}

function Measure(props: MeasureProps) {
  const { title, text, sum, days, limit, textOf, measured, wide } = props;
  const bounded = limit !== undefined && limit < UNLIMITED;
  // A limit that is far above everything would flatten the chart.
  const line =
    bounded && mostOf(days) * 4 >= limit ? { value: limit, name: texts.limit } : undefined;
  return (
    <Section
      title={title}
      lead={text}
      aside={<span className="text-sm">{sum}</span>}
      className={wide ? "lg:col-span-2" : undefined}
    >
      <LazyDailyChart days={days} limit={line} textOf={textOf} measured={measured ?? false} />
      {bounded && <AgainstLimit {...props} limit={limit} />}
      {!bounded && limit !== undefined && <p className="text-sm text-muted">{texts.unlimited}</p>}
      <DailyTable title={title} days={days} textOf={textOf} />
    </Section>
  );
}

function AgainstLimit({ title, used, limit, textOf, limitTextOf }: MeasureProps & Bounded) {
  if (used === null) {
    return <p className="text-sm text-muted">{texts.notYetToday(limitTextOf(limit))}</p>;
  }
  return (
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
  );
}

interface Bounded {
  limit: number;
}

function Warning({ share }: { share: number }) {
  if (share < 0.8) return null;
  return (
    <span className="font-medium text-ink">
      {share >= 1 ? texts.over : texts.near} <TextLink href="/billing">{texts.upgrade}</TextLink>
    </span>
  );
}
