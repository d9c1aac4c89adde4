"use client";

import { useMutation } from "@tanstack/react-query";

import { ErrorNotice } from "@/components/error-notice";
import { Button } from "@/components/ui/button";
import { AddressField } from "@/features/instances/address-field";
import { useAddressForm } from "@/features/instances/use-address-form";
import { done } from "@/lib/api";
import { useLeaving } from "@/lib/leaving";
import { useServices } from "@/lib/services";
import { texts } from "@/texts/plans";

import type { Cycle } from "../pricing/price";

/** The wished address and the button to the payment page. */
export function CheckoutForm({ plan, cycle }: { plan: string; cycle: Cycle }) {
  const { api } = useServices();
  const [leaving, leave] = useLeaving();
  const form = useAddressForm();
  const checkout = useMutation({
    mutationFn: () =>
      done(api.POST("/stripe/checkout", { body: { tier: plan, billing_cycle: cycle } })),
    onSuccess: ({ url }) => leave(url),
  });
  return (
    <form
      className="grid gap-4"
      onSubmit={(event) => void form.handleSubmit(() => checkout.mutate())(event)}
      noValidate
    >
      <AddressField form={form} />
      {checkout.isError && <ErrorNotice error={checkout.error} />}
      <Button type="submit" busy={checkout.isPending || leaving}>
        {texts.checkout.action}
      </Button>
      <p className="text-center text-sm text-muted">{texts.checkout.next}</p>
    </form>
  );
}
