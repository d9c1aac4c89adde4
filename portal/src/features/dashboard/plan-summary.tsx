"use client";

import { useQuery } from "@tanstack/react-query";
import Link from "next/link";

import { ErrorNotice } from "@/components/error-notice";
import { Loading } from "@/components/loading";
import { ButtonLink } from "@/components/ui/button";
import { Card, CardTitle } from "@/components/ui/card";
import { SubscriptionBadge } from "@/features/billing/subscription-badge";
import { subscriptionText } from "@/features/billing/subscription-text";
import { pricingQuery, subscriptionQuery } from "@/lib/queries";
import { useServices } from "@/lib/services";

/** Which plan the account has, and the way to a better one. */
export function PlanSummary() {
  const { api } = useServices();
  const subscription = useQuery(subscriptionQuery(api));
  const pricing = useQuery(pricingQuery(api));
  if (subscription.isPending) return <Loading label="Loading your plan…" />;
  if (subscription.isError) {
    return <ErrorNotice error={subscription.error} retry={() => void subscription.refetch()} />;
  }
  const tier = subscription.data?.tier ?? "free";
  const paying = tier !== "free";
  return (
    <Card className="flex flex-wrap items-center justify-between gap-4" data-testid="plan">
      <div className="grid gap-1">
        <div className="flex flex-wrap items-center gap-2">
          <CardTitle>{pricing.data?.plans[tier]?.name ?? tier} plan</CardTitle>
          {subscription.data && <SubscriptionBadge subscription={subscription.data} />}
        </div>
        <p className="text-muted">{subscriptionText(subscription.data)}</p>
      </div>
      <ButtonLink variant={paying ? "secondary" : "primary"}>
        {paying ? <Link href="/billing">Billing</Link> : <Link href="/#plans">Choose a plan</Link>}
      </ButtonLink>
    </Card>
  );
}
