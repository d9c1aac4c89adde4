"use client";

import { useMutation } from "@tanstack/react-query";
import type { FormEvent } from "react";

import { ErrorNotice } from "@/components/error-notice";
import { Button } from "@/components/ui/button";
import { AddressField, useAddress } from "@/features/instances/address-field";
import { done } from "@/lib/api";
import { useLeaving } from "@/lib/leaving";
import { useServices } from "@/lib/services";
import { rememberedWish, rememberWish } from "@/lib/wished-address";

import type { Cycle } from "../pricing/price";

/** The wished address and the button to the payment page. */
export function CheckoutForm({ plan, cycle }: { plan: string; cycle: Cycle }) {
  const { api } = useServices();
  const [leaving, leave] = useLeaving();
  const address = useAddress(rememberedWish() ?? "");
  const checkout = useMutation({
    mutationFn: () =>
      done(api.POST("/stripe/checkout", { body: { tier: plan, billing_cycle: cycle } })),
    onSuccess: ({ url }) => leave(url),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!address.accept()) return;
    rememberWish(address.value);
    checkout.mutate();
  };
  return (
    <form className="grid gap-4" onSubmit={submit} noValidate>
      <AddressField address={address} />
      {checkout.isError && <ErrorNotice error={checkout.error} />}
      <Button type="submit" busy={checkout.isPending || leaving}>
        Continue to payment
      </Button>
    </form>
  );
}
