"use client";

import { useQuery } from "@tanstack/react-query";

import { pricingQuery } from "@/lib/queries";
import { useServices } from "@/lib/services";

/** What tells a plan's name by its key; the key itself until the prices are there. */
export function usePlanOption(): (key: string) => string {
  const { api } = useServices();
  const { data } = useQuery(pricingQuery(api));
  return (key) => data?.plans[key]?.name ?? key;
}
