"use client";

import { useQuery } from "@tanstack/react-query";

import { pricingQuery } from "@/lib/queries";
import { useServices } from "@/lib/services";

/** A plan's display name; its key, capitalised, until the prices are there. */
export function usePlanName(tier: string): string {
  const { api } = useServices();
  const pricing = useQuery(pricingQuery(api));
  return pricing.data?.plans[tier]?.name ?? tier.charAt(0).toUpperCase() + tier.slice(1);
}
