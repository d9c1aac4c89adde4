"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "next/navigation";

import { ErrorNotice } from "@/components/error-notice";
import { Button } from "@/components/ui/button";
import { Card, CardTitle } from "@/components/ui/card";
import { done } from "@/lib/api";
import { ProblemError } from "@/lib/problem";
import { useServices } from "@/lib/services";
import { forgetWish } from "@/lib/wished-address";
import { texts } from "@/texts/instance";

import { AddressField } from "./address-field";
import { useAddressForm } from "./use-address-form";

/** Asks for an instance with a wished address or an automatic one, and leads on to it. */
export function CreateInstance({ initialError }: { initialError?: Error }) {
  const { api } = useServices();
  const router = useRouter();
  const queries = useQueryClient();
  const form = useAddressForm();
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
  return (
    <Card className="max-w-xl">
      <form
        className="grid gap-4"
        onSubmit={(event) =>
          void form.handleSubmit(({ subdomain }) => provision.mutate(subdomain))(event)
        }
        noValidate
        data-testid="create-instance"
      >
        <CardTitle>{texts.create.title}</CardTitle>
        <p className="text-muted">{texts.create.text}</p>
        <AddressField form={form} refusal={refusal} />
        {error && <ErrorNotice error={error} />}
        <Button type="submit" busy={provision.isPending || provision.isSuccess}>
          {texts.create.action}
        </Button>
      </form>
    </Card>
  );
}
