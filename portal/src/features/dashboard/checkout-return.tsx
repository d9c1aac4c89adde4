"use client";

import { useQuery } from "@tanstack/react-query";
import Link from "next/link";

import { ErrorNotice } from "@/components/error-notice";
import { Loading } from "@/components/loading";
import { ButtonLink } from "@/components/ui/button";
import { Card, CardTitle } from "@/components/ui/card";
import { OpenPortal } from "@/features/billing/open-portal";
import { subscriptionQuery } from "@/lib/queries";
import { useServices } from "@/lib/services";
import { useLate } from "@/lib/use-late";
import { texts as account } from "@/texts/account";
import { texts as common } from "@/texts/common";

import { AskForInstance } from "./ask-for-instance";

const { checkoutReturn: texts } = account;

/** How often the subscription is looked at, and after how long the page stops promising (milliseconds). */
const LOOK_EVERY = 1_500;
const PATIENCE = 60_000;

/** What the payment provider says of a payment that the customer has to go on with. */
const NEEDS_ACTION = new Set(["incomplete", "incomplete_expired", "past_due", "unpaid"]);

/** Waits until the payment has arrived here, asks for the instance once, and leads on to it. */
export function CheckoutReturn() {
  const { api } = useServices();
  const subscription = useQuery({
    ...subscriptionQuery(api),
    refetchInterval: ({ state }) => (state.data?.can_run_instances ? false : LOOK_EVERY),
  });
  if (subscription.data?.can_run_instances) return <AskForInstance />;
  if (subscription.data && NEEDS_ACTION.has(subscription.data.status)) return <NeedsAction />;
  if (subscription.isError && subscription.data === undefined) {
    return <ErrorNotice error={subscription.error} retry={() => void subscription.refetch()} />;
  }
  return <Waiting />;
}

function Waiting() {
  const late = useLate(PATIENCE);
  return (
    <Card data-testid="checkout-waiting" className="grid justify-items-start gap-3">
      <CardTitle>{late ? texts.lateTitle : texts.thanks}</CardTitle>
      {!late && <Loading label={texts.waiting} />}
      {late && (
        <>
          <p className="text-muted" data-testid="checkout-late">
            {texts.late}
          </p>
          <ButtonLink variant="secondary">
            <Link href="/dashboard">{common.toDashboard}</Link>
          </ButtonLink>
        </>
      )}
    </Card>
  );
}

function NeedsAction() {
  return (
    <Card data-testid="checkout-action" className="grid justify-items-start gap-4">
      <CardTitle>{texts.actionTitle}</CardTitle>
      <p className="text-muted">{texts.actionText}</p>
      <div className="flex flex-wrap items-start gap-2">
        <OpenPortal label={texts.finish} />
        <ButtonLink variant="secondary">
          <Link href="/#plans" prefetch={false}>
            {account.billing.choosePlan}
          </Link>
        </ButtonLink>
      </div>
    </Card>
  );
}
