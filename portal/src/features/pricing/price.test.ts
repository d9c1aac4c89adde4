import { expect, it } from "vitest";

import type { PlanCard, PricingConfig } from "@/lib/api";

import { cycleOf, isForSale, monthlyOfYearly, plansInOrder, priceText, trialDays } from "./price";

function plan(amount: number | null, more: Partial<PlanCard> = {}): PlanCard {
  return {
    name: "A plan",
    description: "",
    features: [],
    limits: {},
    recommended: false,
    price_monthly: "",
    price_yearly: "",
    amount_monthly: amount,
    amount_yearly: amount === null ? null : amount * 10,
    currency: "usd",
    included_ai_budget_usd: 0,
    requires_customer_provider_keys: false,
    resource_profile: "small",
    runs_instances: true,
    available: true,
    ...more,
  };
}

const PRICING: PricingConfig = {
  product: { name: "", description: "", metadata: {} },
  plans: { enterprise: plan(null), hobby: plan(2000), other: plan(null), free: plan(0) },
  trial: { enabled: true, days: 3, applicable_plans: ["hobby"] },
  discounts: { annual_percentage: 20 },
};

it("puts the cheapest first and those by agreement last", () => {
  const keys = plansInOrder(PRICING).map(([key]) => key);
  expect(keys).toEqual(["free", "hobby", "enterprise", "other"]);
});

it("writes prices", () => {
  expect(priceText(plan(2000), "monthly")).toBe("$20 per month");
  expect(priceText(plan(2000), "yearly")).toBe("$200 per year");
  expect(priceText(plan(0), "monthly")).toBe("Free");
  expect(priceText(plan(null), "yearly")).toBe("Let us talk");
});

it("says what a year's price is for each month", () => {
  expect(monthlyOfYearly(plan(1000, { amount_yearly: 9600 }), "yearly")).toBe(
    "$8 a month, paid yearly",
  );
  expect(monthlyOfYearly(plan(1000), "monthly")).toBeNull();
  expect(monthlyOfYearly(plan(null), "yearly")).toBeNull();
  expect(monthlyOfYearly(plan(0), "yearly")).toBeNull();
});

it("sells what has a price and is available", () => {
  expect(isForSale(plan(2000))).toBe(true);
  expect(isForSale(plan(2000, { available: false }))).toBe(false);
  expect(isForSale(plan(0))).toBe(false);
  expect(isForSale(plan(null))).toBe(false);
});

it("gives a trial to the plans that have one", () => {
  expect(trialDays(PRICING, "hobby")).toBe(3);
  expect(trialDays(PRICING, "free")).toBe(0);
  const off = { ...PRICING, trial: { ...PRICING.trial, enabled: false } };
  expect(trialDays(off, "hobby")).toBe(0);
});

it("reads a cycle from the address", () => {
  expect(cycleOf("yearly")).toBe("yearly");
  expect(cycleOf("weekly")).toBe("monthly");
  expect(cycleOf(null)).toBe("monthly");
});
