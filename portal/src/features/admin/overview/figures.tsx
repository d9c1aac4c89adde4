import Link from "next/link";

import { Card } from "@/components/ui/card";
import type { AdminStats } from "@/lib/api";
import { cn } from "@/lib/cn";
import { money, number } from "@/lib/format";
import { texts as admin } from "@/texts/admin";

const { overview: texts } = admin;

interface Figure {
  name: string;
  value: string;
  means: string;
  /** What belongs to it besides. */
  aside?: string;
  href?: string;
  /** It wants somebody's attention. */
  alarming?: boolean;
}

/** The figures that matter most, each with what it counts. */
export function Figures({ stats }: { stats: AdminStats }) {
  return (
    <ul className="grid gap-4 sm:grid-cols-2 xl:grid-cols-3" data-testid="figures">
      {figuresOf(stats).map((figure) => (
        <li key={figure.name} className="grid">
          <One {...figure} />
        </li>
      ))}
    </ul>
  );
}

function One({ name, value, means, aside, href, alarming = false }: Figure) {
  return (
    <Card className={cn("grid content-start gap-1", alarming && "border-bad/50")}>
      <h2 className="text-sm font-medium text-muted">
        {href ? (
          <Link href={href} className="hover:text-brand hover:underline">
            {name}
          </Link>
        ) : (
          name
        )}
      </h2>
      <p
        className={cn("text-3xl font-semibold tracking-tight tabular-nums", alarming && "text-bad")}
        data-testid={`figure-${name}`}
      >
        {value}
      </p>
      {aside && <p className="text-sm">{aside}</p>}
      <p className="pt-1 text-sm text-pretty text-muted">{means}</p>
    </Card>
  );
}

function figuresOf(stats: AdminStats): Figure[] {
  const dead = stats.jobs_by_state["dead"] ?? 0;
  return [
    {
      name: texts.revenue,
      value: money(stats.monthly_revenue.amount, stats.monthly_revenue.currency),
      aside: revenueAside(stats),
      means: texts.revenueMeans,
    },
    {
      name: texts.subscriptions,
      value: number(stats.active_subscriptions),
      means: texts.subscriptionsMeans,
    },
    {
      name: texts.accounts,
      value: number(stats.accounts),
      means: texts.accountsMeans,
      href: "/admin/accounts",
    },
    {
      name: texts.instances,
      value: number(stats.running_instances),
      means: texts.instancesMeans,
      href: "/admin/instances?status=running",
    },
    {
      name: texts.dead,
      value: number(dead),
      means: texts.deadMeans,
      href: "/admin/jobs?state=dead",
      alarming: dead > 0,
    },
    {
      name: texts.waiting,
      value: number(stats.webhook_events_waiting),
      means: texts.waitingMeans,
    },
  ];
}

function revenueAside({ monthly_revenue }: AdminStats): string {
  const { on_trial, currency, without_price } = monthly_revenue;
  const parts = [texts.onTrial(money(on_trial, currency))];
  if (without_price > 0) parts.push(texts.withoutPrice(without_price));
  return `${parts.join("; ")}.`;
}
