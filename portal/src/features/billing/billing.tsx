"use client";

import { useMutation, useQuery } from "@tanstack/react-query";
import Link from "next/link";

import { ErrorNotice } from "@/components/error-notice";
import { Facts } from "@/components/facts";
import { Loading } from "@/components/loading";
import { Page } from "@/components/page";
import { Button, ButtonLink } from "@/components/ui/button";
import { Card, CardTitle } from "@/components/ui/card";
import { done, type Subscription } from "@/lib/api";
import { day } from "@/lib/format";
import { useLeaving } from "@/lib/leaving";
import { pricingQuery, subscriptionQuery } from "@/lib/queries";
import { useServices } from "@/lib/services";
import { NeedsSession } from "@/lib/session";

import { SubscriptionBadge } from "./subscription-badge";
import { subscriptionText } from "./subscription-text";

/** `/billing`: the subscription and the way to invoices and payment methods. */
export function Billing() {
  return (
    <Page title="Billing">
      <NeedsSession>
        <MySubscription />
      </NeedsSession>
    </Page>
  );
}

function MySubscription() {
  const { api } = useServices();
  const subscription = useQuery(subscriptionQuery(api));
  const pricing = useQuery(pricingQuery(api));
  if (subscription.isPending) return <Loading />;
  if (subscription.isError) {
    return <ErrorNotice error={subscription.error} retry={() => void subscription.refetch()} />;
  }
  const mine = subscription.data;
  const tier = mine?.tier ?? "free";
  return (
    <Card className="grid gap-5" data-testid="subscription">
      <div className="grid gap-1">
        <div className="flex flex-wrap items-center gap-2">
          <CardTitle>{pricing.data?.plans[tier]?.name ?? tier} plan</CardTitle>
          {mine && <SubscriptionBadge subscription={mine} />}
        </div>
        <p className="text-muted">{subscriptionText(mine)}</p>
      </div>
      {mine && <Facts facts={factsOf(mine)} />}
      {mine?.stripe_customer_id ? (
        <OpenPortal />
      ) : (
        <div>
          <ButtonLink>
            <Link href="/#plans">Choose a plan</Link>
          </ButtonLink>
        </div>
      )}
    </Card>
  );
}

/** How the wire writes "no bound" in a number. */
const UNLIMITED = 999_999;

function factsOf(mine: Subscription): [string, string][] {
  const limit = (number: number) =>
    number >= UNLIMITED ? "unlimited" : number.toLocaleString("en-US");
  const facts: [string, string][] = [
    ["Agents", limit(mine.max_agents)],
    ["Messages a day", limit(mine.max_messages_per_day)],
    ["Storage", mine.max_storage_gb >= UNLIMITED ? "unlimited" : `${mine.max_storage_gb} GB`],
  ];
  if (mine.billing_cycle) facts.unshift(["Paid", mine.billing_cycle]);
  if (mine.current_period_end) {
    facts.push([
      "Current period",
      `${day(mine.current_period_start)} to ${day(mine.current_period_end)}`,
    ]);
  }
  return facts;
}

function OpenPortal() {
  const { api } = useServices();
  const [leaving, leave] = useLeaving();
  const portal = useMutation({
    mutationFn: () => done(api.POST("/stripe/portal")),
    onSuccess: ({ url }) => leave(url),
  });
  return (
    <div className="grid justify-items-start gap-3">
      <p className="text-sm text-muted">
        Invoices, payment methods and cancellation are on the payment provider’s page.
      </p>
      {portal.isError && <ErrorNotice error={portal.error} />}
      <Button busy={portal.isPending || leaving} onClick={() => portal.mutate()}>
        Manage billing
      </Button>
    </div>
  );
}
