"use client";

import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useRouter, useSearchParams } from "next/navigation";
import { Suspense } from "react";

import { ErrorNotice } from "@/components/error-notice";
import { Loading } from "@/components/loading";
import { Page } from "@/components/page";
import { ButtonLink } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Segmented } from "@/components/ui/segmented";
import { pricingQuery, subscriptionQuery } from "@/lib/queries";
import { useServices } from "@/lib/services";
import { NeedsSession } from "@/lib/session";
import { texts } from "@/texts/plans";

import { CYCLES, cycleOf, isForSale, trialDays } from "../pricing/price";
import { CheckoutForm } from "./checkout-form";
import { OrderSummary } from "./order-summary";

/** `/checkout?plan=hobby&cycle=monthly`: what will be paid, the wished address, and the way to the payment. */
export function Checkout() {
  return (
    <Page title={texts.checkout.title} narrow>
      <Suspense fallback={<Loading />}>
        <NeedsSession>
          <Order />
        </NeedsSession>
      </Suspense>
    </Page>
  );
}

function Order() {
  const { api } = useServices();
  const router = useRouter();
  const parameters = useSearchParams();
  const key = parameters.get("plan") ?? "hobby";
  const cycle = cycleOf(parameters.get("cycle"));
  const pricing = useQuery(pricingQuery(api));
  const mine = useQuery(subscriptionQuery(api));
  if (pricing.isPending || mine.isPending) return <Loading />;
  if (pricing.isError)
    return <ErrorNotice error={pricing.error} retry={() => void pricing.refetch()} />;
  if (mine.isError) return <ErrorNotice error={mine.error} retry={() => void mine.refetch()} />;
  const plan = Object.hasOwn(pricing.data.plans, key) ? pricing.data.plans[key] : undefined;
  if (!plan || !isForSale(plan)) return <NotForSale />;
  return (
    <Card className="grid gap-6">
      <Segmented
        label={texts.cycle}
        value={cycle}
        options={CYCLES}
        onChange={(chosen) =>
          router.replace(`/checkout?plan=${encodeURIComponent(key)}&cycle=${chosen}`)
        }
      />
      <OrderSummary
        plan={plan}
        cycle={cycle}
        // each account has one trial
        freeDays={mine.data?.trial_available === false ? 0 : trialDays(pricing.data, key)}
      />
      <CheckoutForm plan={key} cycle={cycle} />
    </Card>
  );
}

function NotForSale() {
  return (
    <Card className="grid justify-items-start gap-4">
      <p>{texts.checkout.notForSale}</p>
      <ButtonLink>
        <Link href="/#plans" prefetch={false}>
          {texts.checkout.seePlans}
        </Link>
      </ButtonLink>
    </Card>
  );
}
