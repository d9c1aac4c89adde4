import { Check } from "lucide-react";
import Link from "next/link";

import { ContactLink } from "@/components/contact-link";
import { Badge } from "@/components/ui/badge";
import { ButtonLink } from "@/components/ui/button";
import type { PlanCard, PricingConfig } from "@/lib/api";
import { cn } from "@/lib/cn";
import { useOptionalServices } from "@/lib/services";
import { texts } from "@/texts/plans";
import { texts as common } from "@/texts/common";

import { type Cycle, isForSale, monthlyOfYearly, priceText, trialDays } from "./price";

interface PlanTileProps {
  /** Its key: free, byok, hobby, pro, enterprise. */
  id: string;
  plan: PlanCard;
  cycle: Cycle;
  pricing: PricingConfig;
}

/** One plan, with the way to get it. Those that are bought here have the room of a third, others of a half. */
export function PlanTile({ id, plan, cycle, pricing }: PlanTileProps) {
  const sold = isForSale(plan);
  return (
    <li
      data-testid={`plan-${id}`}
      className={cn(
        "flex flex-col gap-5 rounded-xl border bg-surface p-5 sm:p-6",
        plan.recommended ? "border-brand ring-1 ring-brand" : "border-line",
        sold ? "lg:col-span-2" : "lg:order-last lg:col-span-3",
      )}
    >
      <div className="grid gap-1">
        <div className="flex flex-wrap items-center justify-between gap-2">
          <h3 className="text-lg font-semibold">{plan.name}</h3>
          {plan.recommended && <Badge tone="brand">{texts.recommended}</Badge>}
        </div>
        <p className={cn("text-pretty text-muted", sold && "lg:min-h-12")}>{plan.description}</p>
      </div>
      <div className="grid gap-1">
        <Price id={id} text={priceText(plan, cycle)} />
        <p className="min-h-5 text-sm text-muted">{asideOf({ id, plan, cycle, pricing })}</p>
      </div>
      <ul className={cn("grid flex-1 content-start gap-2", !sold && "sm:grid-cols-2 sm:gap-x-6")}>
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

/** The amount large, the rest of it small. */
function Price({ id, text }: { id: string; text: string }) {
  const [amount, ...rest] = text.split(/(?= per )/);
  return (
    <p className="text-muted" data-testid={`price-${id}`}>
      <span className="text-3xl font-bold tracking-tight text-ink">{amount}</span>
      {rest.join("")}
    </p>
  );
}

function asideOf({ id, plan, cycle, pricing }: PlanTileProps): string {
  const days = trialDays(pricing, id);
  const parts = [monthlyOfYearly(plan, cycle), days > 0 && texts.freeDays(days)];
  if (plan.amount_monthly === 0) parts.push(texts.noCharge);
  return parts.filter(Boolean).join(" · ");
}

function PlanAction({ id, plan, cycle }: Pick<PlanTileProps, "id" | "plan" | "cycle">) {
  if (isForSale(plan)) {
    return (
      <ButtonLink variant={plan.recommended ? "primary" : "secondary"}>
        <Link href={`/checkout?plan=${encodeURIComponent(id)}&cycle=${cycle}`}>
          {texts.choose(plan.name)}
        </Link>
      </ButtonLink>
    );
  }
  if (plan.amount_monthly === 0) {
    return (
      <ButtonLink variant="secondary">
        <Link href="/auth/sign-up" prefetch={false}>
          {common.navigation.signUp}
        </Link>
      </ButtonLink>
    );
  }
  return <ByAgreement plan={plan} />;
}

function ByAgreement({ plan }: { plan: PlanCard }) {
  if (!useOptionalServices()?.settings.supportEmail) {
    return <p className="min-h-10 py-2 text-center text-sm text-muted">{texts.byAgreement}</p>;
  }
  return (
    <ButtonLink variant="secondary">
      <ContactLink subject={texts.about(plan.name)}>{common.footer.contact}</ContactLink>
    </ButtonLink>
  );
}
