"use client";

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { ErrorNotice } from "@/components/error-notice";
import { Loading } from "@/components/loading";
import { Segmented } from "@/components/ui/segmented";
import { pricingQuery } from "@/lib/queries";
import { NeedsServices, useServices } from "@/lib/services";

import { PlanTile } from "./plan-tile";
import { CYCLES, type Cycle, plansInOrder } from "./price";

/** The plans with their prices, monthly or yearly. */
export function Plans() {
  return (
    <section aria-labelledby="plans" className="grid gap-6">
      <h2 id="plans" className="text-center text-2xl font-semibold">
        Plans
      </h2>
      <NeedsServices>
        <PlanTiles />
      </NeedsServices>
    </section>
  );
}

function PlanTiles() {
  const { api } = useServices();
  const pricing = useQuery(pricingQuery(api));
  const [cycle, setCycle] = useState<Cycle>("monthly");
  if (pricing.isPending) return <Loading label="Loading plans…" />;
  if (pricing.isError)
    return <ErrorNotice error={pricing.error} retry={() => void pricing.refetch()} />;
  const saved = pricing.data.discounts.annual_percentage;
  return (
    <>
      <div className="flex flex-wrap items-center justify-center gap-3">
        <Segmented label="Billing cycle" value={cycle} options={CYCLES} onChange={setCycle} />
        {saved > 0 && <p className="text-sm text-muted">Yearly saves {saved} %</p>}
      </div>
      <ul className="grid gap-4 sm:grid-cols-2 lg:grid-cols-3" data-testid="plans">
        {plansInOrder(pricing.data).map(([key, plan]) => (
          <PlanTile key={key} id={key} plan={plan} cycle={cycle} pricing={pricing.data} />
        ))}
      </ul>
    </>
  );
}
