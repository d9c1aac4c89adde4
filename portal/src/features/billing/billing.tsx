"use client";

import { useQuery } from "@tanstack/react-query";
import Link from "next/link";

import { ErrorNotice } from "@/components/error-notice";
import { Facts } from "@/components/facts";
import { Loading } from "@/components/loading";
import { Page } from "@/components/page";
import { ButtonLink } from "@/components/ui/button";
import { Card, CardTitle } from "@/components/ui/card";
import { Skeleton } from "@/components/ui/skeleton";
import { usePlanName } from "@/features/pricing/use-plan-name";
import type { Subscription } from "@/lib/api";
import { subscriptionQuery } from "@/lib/queries";
import { useServices } from "@/lib/services";
import { NeedsSession } from "@/lib/session";
import { texts as account } from "@/texts/account";

import { limitsOf } from "./limits";
import { OpenPortal } from "./open-portal";
import { SubscriptionBadge } from "./subscription-badge";
import { subscriptionText } from "./subscription-text";

const { billing: texts } = account;

/** `/billing`: the subscription and the way to invoices and payment methods. */
export function Billing() {
  return (
    <Page title={texts.title}>
      <NeedsSession>
        <MySubscription />
      </NeedsSession>
    </Page>
  );
}

function MySubscription() {
  const { api } = useServices();
  const subscription = useQuery(subscriptionQuery(api));
  if (subscription.isPending) {
    return (
      <Loading label={account.dashboard.loadingPlan}>
        <div className="grid gap-6 lg:grid-cols-[3fr_2fr]">
          <Skeleton className="h-80" />
          <Skeleton className="h-44" />
        </div>
      </Loading>
    );
  }
  if (subscription.isError) {
    return <ErrorNotice error={subscription.error} retry={() => void subscription.refetch()} />;
  }
  return (
    <div className="grid items-start gap-6 lg:grid-cols-[3fr_2fr]">
      <Plan mine={subscription.data} />
      <Payment mine={subscription.data} />
    </div>
  );
}

function Plan({ mine }: { mine: Subscription | null }) {
  const name = usePlanName(mine?.tier ?? "free");
  return (
    <Card className="grid gap-5" data-testid="subscription">
      <div className="grid gap-1">
        <div className="flex flex-wrap items-center gap-2">
          <CardTitle>{account.planName(name)}</CardTitle>
          {mine && <SubscriptionBadge subscription={mine} />}
        </div>
        <p className="text-muted" data-dynamic>
          {subscriptionText(mine)}
        </p>
      </div>
      {mine && (
        <div className="grid gap-3 border-t border-line pt-4">
          <h3 className="font-medium">{texts.included}</h3>
          <Facts facts={limitsOf(mine)} />
        </div>
      )}
    </Card>
  );
}

function Payment({ mine }: { mine: Subscription | null }) {
  const customer = mine?.stripe_customer_id != null;
  return (
    <Card className="grid gap-4">
      <CardTitle>{texts.manageTitle}</CardTitle>
      <p className="text-pretty text-muted">{customer ? texts.manageText : texts.nothingYet}</p>
      {customer ? (
        <OpenPortal label={texts.manage} />
      ) : (
        <div>
          <ButtonLink>
            <Link href="/#plans" prefetch={false}>
              {texts.choosePlan}
            </Link>
          </ButtonLink>
        </div>
      )}
    </Card>
  );
}
