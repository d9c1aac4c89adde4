"use client";

import { useSearchParams } from "next/navigation";
import { Suspense } from "react";

import { Loading } from "@/components/loading";
import { Page } from "@/components/page";
import { Notice } from "@/components/ui/notice";
import { NeedsSession } from "@/lib/session";

import { CheckoutReturn } from "./checkout-return";
import { MyInstances } from "./my-instances";
import { PlanSummary } from "./plan-summary";

/** `/dashboard`: plan and instances; also where the payment page sends people back to (`?checkout=…`). */
export function Dashboard() {
  return (
    <Page title="Dashboard">
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
        <Notice data-testid="checkout-cancelled">
          The payment was not made and nothing was charged. You can choose a plan whenever you like.
        </Notice>
      )}
      <PlanSummary />
      <MyInstances />
    </>
  );
}
