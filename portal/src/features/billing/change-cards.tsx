"use client";

import { useQuery } from "@tanstack/react-query";
import { Check } from "lucide-react";
import { useState } from "react";

import { ErrorNotice } from "@/components/error-notice";
import { Loading } from "@/components/loading";
import { Section } from "@/components/section";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Segmented } from "@/components/ui/segmented";
import { Skeleton } from "@/components/ui/skeleton";
import {
  CYCLES,
  type Cycle,
  cycleOf,
  isForSale,
  plansInOrder,
  priceText,
} from "@/features/pricing/price";
import type { PlanCard, Subscription } from "@/lib/api";
import { cn } from "@/lib/cn";
import { pricingQuery } from "@/lib/queries";
import { useServices } from "@/lib/services";
import { texts as billing } from "@/texts/billing";
import { texts as sold } from "@/texts/plans";

import { ChangePlan, type Target } from "./change-plan";
import type { Changed } from "./use-following";

const { plans: texts } = billing;

interface ChangeCardsProps {
  mine: Subscription;
  changed: Changed;
}

/** The plans that can be changed to, and the one that one has. */
export function ChangeCards({ mine, changed }: ChangeCardsProps) {
  const { api } = useServices();
  const pricing = useQuery(pricingQuery(api));
  const [cycle, setCycle] = useState<Cycle>(() => cycleOf(mine.billing_cycle ?? null));
  const [target, setTarget] = useState<Target | null>(null);
  return (
    <Section
      title={texts.title}
      lead={texts.lead}
      testId="change-cards"
      aside={<Segmented label={sold.cycle} value={cycle} options={CYCLES} onChange={setCycle} />}
    >
      {pricing.isPending && (
        <Loading label={sold.loading}>
          <Skeleton className="h-60" />
        </Loading>
      )}
      {pricing.isError && (
        <ErrorNotice error={pricing.error} retry={() => void pricing.refetch()} />
      )}
      <ul className="grid gap-4 empty:hidden lg:grid-cols-3">
        {pricing.data &&
          plansInOrder(pricing.data)
            .filter(([, plan]) => isForSale(plan))
            .map(([key, plan]) => (
              <One
                key={key}
                plan={plan}
                cycle={cycle}
                isMine={key === mine.tier}
                isMyCycle={cycle === mine.billing_cycle}
                choose={() => setTarget({ plan: key, name: plan.name, cycle })}
              />
            ))}
      </ul>
      <ChangePlan target={target} close={() => setTarget(null)} changed={changed} />
    </Section>
  );
}

interface OneProps {
  plan: PlanCard;
  cycle: Cycle;
  isMine: boolean;
  isMyCycle: boolean;
  choose: () => void;
}

function One({ plan, cycle, isMine, isMyCycle, choose }: OneProps) {
  const mine = isMine && isMyCycle;
  return (
    <li
      className={cn(
        "flex flex-col gap-4 rounded-xl border p-4",
        isMine ? "border-brand bg-brand-soft/40" : "border-line",
      )}
    >
      <div className="grid gap-1">
        <div className="flex flex-wrap items-center justify-between gap-2">
          <h3 className="font-semibold">{plan.name}</h3>
          {isMine && <Badge tone="brand">{texts.current}</Badge>}
        </div>
        <p className="text-sm text-muted">{priceText(plan, cycle)}</p>
      </div>
      <ul className="grid flex-1 content-start gap-1.5 text-sm">
        {plan.features.slice(0, 4).map((feature) => (
          <li key={feature} className="flex gap-2">
            <Check aria-hidden className="mt-0.5 size-4 shrink-0 text-good" />
            {feature}
          </li>
        ))}
      </ul>
      {!mine && (
        <Button variant="secondary" size="small" onClick={choose}>
          {isMine ? texts.cycle(texts.cycles[cycle] ?? cycle) : texts.change(plan.name)}
        </Button>
      )}
    </li>
  );
}
