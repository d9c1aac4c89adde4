import { Check } from "lucide-react";
import Link from "next/link";

import { Badge } from "@/components/ui/badge";
import { ButtonLink } from "@/components/ui/button";
import type { PlanCard, PricingConfig } from "@/lib/api";
import { cn } from "@/lib/cn";

import { type Cycle, isForSale, priceText, trialDays } from "./price";

interface PlanTileProps {
  /** Its key: free, byok, hobby, pro, enterprise. */
  id: string;
  plan: PlanCard;
  cycle: Cycle;
  pricing: PricingConfig;
}

/** One plan, with the way to get it. */
export function PlanTile({ id, plan, cycle, pricing }: PlanTileProps) {
  const days = trialDays(pricing, id);
  return (
    <li
      data-testid={`plan-${id}`}
      className={cn(
        "flex flex-col gap-4 rounded-xl border bg-surface p-5 sm:p-6",
        plan.recommended ? "border-brand" : "border-line",
      )}
    >
      <div className="grid gap-1">
        <div className="flex flex-wrap items-center justify-between gap-2">
          <h3 className="text-lg font-semibold">{plan.name}</h3>
          {plan.recommended && <Badge tone="brand">Recommended</Badge>}
        </div>
        <p className="text-muted">{plan.description}</p>
      </div>
      <div>
        <p className="text-2xl font-semibold" data-testid={`price-${id}`}>
          {priceText(plan, cycle)}
        </p>
        <p className="min-h-5 text-sm text-muted">{days > 0 && `${days} days free first`}</p>
      </div>
      <ul className="grid flex-1 content-start gap-1.5">
        {plan.features.map((feature) => (
          <li key={feature} className="flex gap-2">
            <Check aria-hidden className="mt-1 size-4 shrink-0 text-good" />
            {feature}
          </li>
        ))}
      </ul>
      <PlanAction id={id} plan={plan} cycle={cycle} />
    </li>
  );
}

function PlanAction({ id, plan, cycle }: Pick<PlanTileProps, "id" | "plan" | "cycle">) {
  if (isForSale(plan)) {
    return (
      <ButtonLink variant={plan.recommended ? "primary" : "secondary"}>
        <Link href={`/checkout?plan=${encodeURIComponent(id)}&cycle=${cycle}`}>
          Choose {plan.name}
        </Link>
      </ButtonLink>
    );
  }
  if (plan.amount_monthly === 0) {
    return (
      <ButtonLink variant="secondary">
        <Link href="/auth/sign-up">Sign up</Link>
      </ButtonLink>
    );
  }
  return <p className="py-2 text-center text-sm text-muted">By agreement with us</p>;
}
