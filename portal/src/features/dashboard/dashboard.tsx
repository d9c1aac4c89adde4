"use client";

import { useSearchParams } from "next/navigation";
import { Suspense } from "react";

import { Loading } from "@/components/loading";
import { Page } from "@/components/page";
import { Notice } from "@/components/ui/notice";
import { NeedsSession } from "@/lib/session";
import { texts } from "@/texts/account";

import { CheckoutReturn } from "./checkout-return";
import { MyInstances } from "./my-instances";
import { PlanSummary } from "./plan-summary";

/** `/dashboard`: plan and instances; also where the payment page sends people back to (`?checkout=…`). */
export function Dashboard() {
  return (
    <Page title={texts.dashboard.title}>
      <Suspense fallback={<Loading />}>
        <NeedsSession>
          <Overview />
        </NeedsSession>
      </Suspense>
    </Page>
  );
}

function Overview() {
  const checkout = useSearchParams().get("checkout");
  if (checkout === "success") return <CheckoutReturn />;
  return (
    <>
      {checkout === "cancelled" && (
        <Notice data-testid="checkout-cancelled">{texts.checkoutReturn.cancelled}</Notice>
      )}
      <PlanSummary />
      <MyInstances />
    </>
  );
}
