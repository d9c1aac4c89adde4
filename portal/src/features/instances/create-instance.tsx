"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import type { FormEvent } from "react";

import { ErrorNotice } from "@/components/error-notice";
import { Button } from "@/components/ui/button";
import { Card, CardTitle } from "@/components/ui/card";
import { done } from "@/lib/api";
import { ProblemError } from "@/lib/problem";
import { useServices } from "@/lib/services";
import { forgetWish, rememberedWish } from "@/lib/wished-address";

import { AddressField, useAddress } from "./address-field";

/** Asks for an instance with a wished address or an automatic one, and leads on to it. */
export function CreateInstance({ initialError }: { initialError?: Error }) {
  const { api } = useServices();
  const router = useRouter();
  const queries = useQueryClient();
  const address = useAddress(rememberedWish() ?? "");
  const provision = useMutation({
    mutationFn: (subdomain: string) =>
      done(api.POST("/my/instances/provision", { body: subdomain === "" ? {} : { subdomain } })),
    onSuccess: ({ instance }) => {
      forgetWish();
      void queries.invalidateQueries({ queryKey: ["instances"] });
      router.push(`/instance?id=${instance.instance_id}`);
    },
  });
  const error = provision.isIdle ? initialError : provision.error;
  const refusal = error instanceof ProblemError ? error.fields["subdomain"] : undefined;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (address.accept()) provision.mutate(address.value);
  };
  return (
    <Card className="max-w-xl">
      <form className="grid gap-4" onSubmit={submit} noValidate data-testid="create-instance">
        <CardTitle>Create your instance</CardTitle>
        <p className="text-muted">
          Your plan comes with an instance of your own. It takes a minute or two.
        </p>
        <AddressField address={address} refusal={refusal} />
        {error && <ErrorNotice error={error} />}
        <Button type="submit" busy={provision.isPending || provision.isSuccess}>
          Create instance
        </Button>
      </form>
    </Card>
  );
}
