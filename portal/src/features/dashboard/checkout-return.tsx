"use client";

import { useMutation, useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useRouter } from "next/navigation";
import { useEffect, useRef, useState } from "react";

import { ErrorNotice } from "@/components/error-notice";
import { Loading } from "@/components/loading";
import { Button, ButtonLink } from "@/components/ui/button";
import { Card, CardTitle } from "@/components/ui/card";
import { CreateInstance } from "@/features/instances/create-instance";
import { done } from "@/lib/api";
import { ProblemError } from "@/lib/problem";
import { subscriptionQuery } from "@/lib/queries";
import { useServices } from "@/lib/services";
import { forgetWish, rememberedWish } from "@/lib/wished-address";

/** How often the subscription is looked at, and after how long the page stops promising (milliseconds). */
const LOOK_EVERY = 1_500;
const PATIENCE = 60_000;

/** Waits until the payment has arrived here, asks for the instance once, and leads on to it. */
export function CheckoutReturn() {
  const { api } = useServices();
  const subscription = useQuery({
    ...subscriptionQuery(api),
    refetchInterval: ({ state }) => (state.data?.can_run_instances ? false : LOOK_EVERY),
  });
  const late = useLate(PATIENCE);
  if (subscription.data?.can_run_instances) return <AskForInstance />;
  if (subscription.isError) {
    return <ErrorNotice error={subscription.error} retry={() => void subscription.refetch()} />;
  }
  return (
    <Card data-testid="checkout-waiting">
      <CardTitle>Thank you!</CardTitle>
      <Loading label="Waiting for the confirmation of your payment…" />
      {late && (
        <div className="grid justify-items-start gap-3">
          <p className="text-muted">
            This takes longer than usual. You can leave this page: once the payment is confirmed,
            your dashboard offers to create the instance.
          </p>
          <ButtonLink variant="secondary">
            <Link href="/dashboard">Go to the dashboard</Link>
          </ButtonLink>
        </div>
      )}
    </Card>
  );
}

function AskForInstance() {
  const { api } = useServices();
  const router = useRouter();
  const asked = useRef(false);
  const { mutate, ...provision } = useMutation({
    mutationFn: () => {
      const subdomain = rememberedWish();
      return done(
        api.POST("/my/instances/provision", { body: subdomain === null ? {} : { subdomain } }),
      );
    },
    onSuccess: ({ instance }) => {
      forgetWish();
      router.replace(`/instance?id=${instance.instance_id}`);
    },
  });
  useEffect(() => {
    // The API joins repeated wishes; this only spares it one.
    if (asked.current) return;
    asked.current = true;
    mutate();
  }, [mutate]);
  if (!provision.isError) return <Loading label="Your plan is active. Creating your instance…" />;
  // The address is taken or refused: the person chooses another. Anything else may be tried again as it is.
  const { error } = provision;
  const aboutAddress = error instanceof ProblemError && [409, 422].includes(error.status);
  return aboutAddress ? (
    <CreateInstance initialError={error} />
  ) : (
    <ErrorNotice error={error}>
      <Button size="small" variant="secondary" onClick={() => mutate()}>
        Try again
      </Button>
    </ErrorNotice>
  );
}

function useLate(after: number): boolean {
  const [late, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), after);
    return () => clearTimeout(timer);
  }, [after]);
  return late;
}
