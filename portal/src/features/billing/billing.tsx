"use client";

import Link from "next/link";
import type { ReactNode } from "react";

import { ErrorNotice } from "@/components/error-notice";
import { Facts } from "@/components/facts";
import { Loading } from "@/components/loading";
import { Page } from "@/components/page";
import { ButtonLink } from "@/components/ui/button";
import { Card, CardTitle } from "@/components/ui/card";
import { Notice } from "@/components/ui/notice";
import { Skeleton } from "@/components/ui/skeleton";
import { usePlanName } from "@/features/pricing/use-plan-name";
import type { Subscription } from "@/lib/api";
import { NeedsSession } from "@/lib/session";
import { texts as account } from "@/texts/account";

import { EndOrGoOn } from "./cancel-subscription";
import { ChangeCards } from "./change-cards";
import { Invoices } from "./invoices";
import { limitsOf } from "./limits";
import { OpenPortal } from "./open-portal";
import { SubscriptionBadge } from "./subscription-badge";
import { subscriptionText } from "./subscription-text";
import { Timeline } from "./timeline";
import { useFollowing } from "./use-following";

const { billing: texts } = account;

/** Statuses in which the payment provider lets a subscription be changed. */
const CHANGEABLE = new Set(["trialing", "active", "past_due"]);

/** `/billing`: the subscription, what comes next, its changes and its invoices. */
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
  const { subscription, changed, said } = useFollowing();
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
  if (subscription.data === undefined) {
    return <ErrorNotice error={subscription.error} retry={() => void subscription.refetch()} />;
  }
  const mine = subscription.data;
  const changeable = mine !== null && CHANGEABLE.has(mine.status) && mine.tier !== "free";
  return (
    <>
      {subscription.isError && <ErrorNotice error={subscription.error} />}
      {said && (
        <Notice tone="good" data-testid="following">
          {said}
        </Notice>
      )}
      <div className="grid items-start gap-6 lg:grid-cols-[3fr_2fr]">
        <div className="grid gap-6">
          <Plan mine={mine} />
          {mine && <Timeline mine={mine} />}
        </div>
        <Payment mine={mine}>{changeable && <EndOrGoOn mine={mine} changed={changed} />}</Payment>
      </div>
      {changeable && <ChangeCards mine={mine} changed={changed} />}
      {mine?.stripe_customer_id && <Invoices />}
    </>
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

interface PaymentProps {
  mine: Subscription | null;
  children: ReactNode;
}

function Payment({ mine, children }: PaymentProps) {
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
      {children}
    </Card>
  );
}
