"use client";

import { zodResolver } from "@hookform/resolvers/zod";
import { useMutation } from "@tanstack/react-query";
import { MailCheck } from "lucide-react";
import { useState } from "react";
import { useForm } from "react-hook-form";

import { Page } from "@/components/page";
import { TextLink } from "@/components/text-link";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Field } from "@/components/ui/field";
import { Notice } from "@/components/ui/notice";
import { NeedsServices, useServices } from "@/lib/services";
import { texts } from "@/texts/auth";

import { authProblem } from "./auth-error";
import { addressOnly } from "./credentials";
import { landing, rememberedMailbox } from "./mailbox";

const { confirm } = texts;

/** What to do where an address must be confirmed, after signing up or in. The same whether the address was new. */
export function ConfirmAddress() {
  return (
    <Page title={confirm.title} narrow>
      <Card className="grid gap-4">
        <MailCheck aria-hidden className="size-8 text-brand" />
        <p>{confirm.text}</p>
        <p className="text-sm text-muted">
          <strong className="font-medium text-ink">{confirm.nothingCame}</strong> {confirm.hint}
        </p>
        <NeedsServices>
          <Again />
        </NeedsServices>
        <p className="text-sm">
          <TextLink href="/auth/sign-in">{texts.signIn.action}</TextLink>
        </p>
      </Card>
    </Page>
  );
}

/** Sends the mail once more, to the address that this tab remembers or to one that is asked for. */
function Again() {
  const { auth } = useServices();
  const [remembered] = useState(rememberedMailbox);
  const { register, handleSubmit, formState } = useForm({
    resolver: zodResolver(addressOnly),
    defaultValues: { email: remembered?.email ?? "" },
    mode: "onTouched",
  });
  const again = useMutation({
    mutationFn: async ({ email }: { email: string }) => {
      const options = { emailRedirectTo: landing(remembered?.next) };
      const { error } = await auth.resend({ type: "signup", email, options });
      if (error) throw new Error(authProblem(error));
    },
  });
  return (
    <form
      className="grid gap-3"
      noValidate
      onSubmit={(event) => void handleSubmit((to) => again.mutate(to))(event)}
    >
      {remembered === null && (
        <Field
          {...register("email")}
          label={texts.email}
          type="email"
          autoComplete="email"
          problem={formState.errors.email?.message}
        />
      )}
      <div>
        <Button type="submit" variant="secondary" busy={again.isPending}>
          {confirm.again}
        </Button>
      </div>
      {again.isError && <Notice tone="bad">{again.error.message}</Notice>}
      {again.isSuccess && <Notice tone="good">{confirm.sent}</Notice>}
    </form>
  );
}
