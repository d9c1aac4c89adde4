"use client";

import { useQuery } from "@tanstack/react-query";
import Link from "next/link";

import { ErrorNotice } from "@/components/error-notice";
import { Loading } from "@/components/loading";
import { ButtonLink } from "@/components/ui/button";
import { Card, CardTitle } from "@/components/ui/card";
import { Skeleton } from "@/components/ui/skeleton";
import { SubscriptionBadge } from "@/features/billing/subscription-badge";
import { subscriptionText } from "@/features/billing/subscription-text";
import { usePlanName } from "@/features/pricing/use-plan-name";
import { subscriptionQuery } from "@/lib/queries";
import { useServices } from "@/lib/services";
import { texts } from "@/texts/account";

/** Which plan the account has, and the way to a better one. */
export function PlanSummary() {
  const { api } = useServices();
  const subscription = useQuery(subscriptionQuery(api));
  const tier = subscription.data?.tier ?? "free";
  const name = usePlanName(tier);
  if (subscription.isPending) {
    return (
      <Loading label={texts.dashboard.loadingPlan}>
        <Skeleton className="h-28" />
      </Loading>
    );
  }
  if (subscription.isError) {
    return <ErrorNotice error={subscription.error} retry={() => void subscription.refetch()} />;
  }
  const paying = tier !== "free";
  const { billing, choosePlan } = texts.dashboard;
  return (
    <Card className="flex min-h-28 flex-wrap items-center justify-between gap-4" data-testid="plan">
      <div className="grid gap-1">
        <div className="flex flex-wrap items-center gap-2">
          <CardTitle>{texts.planName(name)}</CardTitle>
          {subscription.data && <SubscriptionBadge subscription={subscription.data} />}
        </div>
        <p className="text-muted" data-dynamic>
          {subscriptionText(subscription.data)}
        </p>
      </div>
      <ButtonLink variant={paying ? "secondary" : "primary"}>
        {paying ? (
          <Link href="/billing">{billing}</Link>
        ) : (
          <Link href="/#plans" prefetch={false}>
            {choosePlan}
          </Link>
        )}
      </ButtonLink>
    </Card>
  );
}
