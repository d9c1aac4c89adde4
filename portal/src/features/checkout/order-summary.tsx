import type { PlanCard } from "@/lib/api";
import { money } from "@/lib/format";
import { texts } from "@/texts/plans";

import { amountOf, type Cycle, priceText } from "../pricing/price";

interface OrderSummaryProps {
  plan: PlanCard;
  cycle: Cycle;
  /** Free days with which it begins. */
  freeDays: number;
}

/** What will be paid, and when. */
export function OrderSummary({ plan, cycle, freeDays: days }: OrderSummaryProps) {
  const amount = amountOf(plan, cycle) ?? 0;
  return (
    <section aria-label={texts.checkout.order} className="grid gap-2" data-testid="order">
      <div className="flex flex-wrap items-baseline justify-between gap-2">
        <h2 className="text-lg font-semibold">{plan.name}</h2>
        <p className="font-semibold">{priceText(plan, cycle)}</p>
      </div>
      <p className="text-muted">{plan.description}</p>
      <dl className="grid grid-cols-[1fr_auto] gap-x-4 gap-y-1 border-t border-line pt-3">
        <dt>{texts.checkout.dueToday}</dt>
        <dd className="text-right font-semibold">{money(days > 0 ? 0 : amount, plan.currency)}</dd>
        {days > 0 && (
          <>
            <dt>{texts.checkout.afterFreeDays(days)}</dt>
            <dd className="text-right">{priceText(plan, cycle)}</dd>
          </>
        )}
      </dl>
      {days > 0 && <p className="text-sm text-muted">{texts.checkout.trialNote}</p>}
    </section>
  );
}
