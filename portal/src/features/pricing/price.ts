import type { PlanCard, PricingConfig } from "@/lib/api";
import { money } from "@/lib/format";
import { texts } from "@/texts/plans";

export const CYCLES = [
  { value: "monthly", label: texts.monthly },
  { value: "yearly", label: texts.yearly },
] as const;

export type Cycle = (typeof CYCLES)[number]["value"];

/** A cycle from an untrusted query parameter. */
export function cycleOf(text: string | null): Cycle {
  return text === "yearly" ? "yearly" : "monthly";
}

/** Plans in the order of their cards: by price, those without one last. */
const byPrice = ([, a]: [string, PlanCard], [, b]: [string, PlanCard]): number =>
  (a.amount_monthly ?? Infinity) - (b.amount_monthly ?? Infinity) || 0;

/** All plans with their keys, cheapest first. */
export function plansInOrder(pricing: PricingConfig): [string, PlanCard][] {
  return Object.entries(pricing.plans).sort(byPrice);
}

/** What a cycle costs, in minor units; none for a plan by agreement. */
export function amountOf(plan: PlanCard, cycle: Cycle): number | null {
  return (cycle === "yearly" ? plan.amount_yearly : plan.amount_monthly) ?? null;
}

/** `$20 per month`, `$192 per year`, `Free`, or `Let us talk`. */
export function priceText(plan: PlanCard, cycle: Cycle): string {
  const amount = amountOf(plan, cycle);
  if (amount === null) return texts.custom;
  if (amount === 0) return texts.free;
  const { perYear, perMonth } = texts;
  return `${money(amount, plan.currency)} ${cycle === "yearly" ? perYear : perMonth}`;
}

/** What a year's price is for each month; null where that says nothing new. */
export function monthlyOfYearly(plan: PlanCard, cycle: Cycle): string | null {
  const amount = amountOf(plan, cycle);
  if (cycle !== "yearly" || !amount) return null;
  return texts.perMonthPaidYearly(money(Math.round(amount / 12), plan.currency));
}

/** Free days that a first subscription to this plan begins with. */
export function trialDays(pricing: PricingConfig, key: string): number {
  const { enabled, days, applicable_plans } = pricing.trial;
  return enabled && applicable_plans.includes(key) ? days : 0;
}

/** Whether it can be paid for here: available, and not free. */
export function isForSale(plan: PlanCard): boolean {
  return plan.available && (plan.amount_monthly ?? 0) > 0;
}
