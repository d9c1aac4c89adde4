"use client";

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { ErrorNotice } from "@/components/error-notice";
import { Loading } from "@/components/loading";
import { Segmented } from "@/components/ui/segmented";
import { Skeleton } from "@/components/ui/skeleton";
import { SectionTitle } from "@/features/landing/section-title";
import { pricingQuery } from "@/lib/queries";
import { NeedsServices, useServices } from "@/lib/services";
import { texts } from "@/texts/plans";

import { PlanTile } from "./plan-tile";
import { CYCLES, type Cycle, plansInOrder } from "./price";

/** The plans with their prices, monthly or yearly. */
export function Plans() {
  return (
    <section aria-labelledby="plans" className="grid gap-8">
      <SectionTitle id="plans" title={texts.title} lead={texts.lead} />
      <NeedsServices fallback={<Waiting />}>
        <PlanTiles />
      </NeedsServices>
    </section>
  );
}

function PlanTiles() {
  const { api } = useServices();
  const pricing = useQuery(pricingQuery(api));
  const [cycle, setCycle] = useState<Cycle>("monthly");
  if (pricing.isPending) return <Waiting />;
  if (pricing.isError)
    return <ErrorNotice error={pricing.error} retry={() => void pricing.refetch()} />;
  const saved = pricing.data.discounts.annual_percentage;
  return (
    <>
      <div className="flex min-h-12 flex-wrap items-center justify-center gap-3">
        <Segmented label={texts.cycle} value={cycle} options={CYCLES} onChange={setCycle} />
        {saved > 0 && <p className="text-sm text-muted">{texts.saves(saved)}</p>}
      </div>
      <ul className="grid gap-4 sm:grid-cols-2 lg:grid-cols-6" data-testid="plans">
        {plansInOrder(pricing.data).map(([key, plan]) => (
          <PlanTile key={key} id={key} plan={plan} cycle={cycle} pricing={pricing.data} />
        ))}
      </ul>
    </>
  );
}

/** As much room as the tiles take, so that what stands below does not move when they come. */
function Waiting() {
  return (
    <Loading label={texts.loading}>
      <Skeleton className="mx-auto h-12 w-72" />
      <div className="grid gap-4 sm:grid-cols-2 lg:grid-cols-6">
        {[0, 1, 2].map((at) => (
          <Skeleton key={at} className="h-[28rem] lg:col-span-2" />
        ))}
        {[3, 4].map((at) => (
          <Skeleton key={at} className="h-72 lg:col-span-3" />
        ))}
      </div>
    </Loading>
  );
}
