"use client";

import { useState } from "react";

import { Page } from "@/components/page";
import { TextLink } from "@/components/text-link";
import { Notice } from "@/components/ui/notice";
import { NeedsServices, useServices } from "@/lib/services";
import { texts } from "@/texts/auth";

import { authProblem } from "./auth-error";
import { AuthForm } from "./auth-form";
import type { Credentials } from "./credentials";

/** Mails a link to choose a new password. Says the same whether there is such an account. */
export function Recover() {
  return (
    <Page title={texts.recover.title} lead={texts.recover.lead} narrow>
      <NeedsServices>
        <RecoverForm />
      </NeedsServices>
    </Page>
  );
}

function RecoverForm() {
  const { auth } = useServices();
  const [sent, setSent] = useState(false);
  const submit = async ({ email }: Pick<Credentials, "email">) => {
    setSent(false);
    const { error } = await auth.resetPasswordForEmail(email, {
      redirectTo: `${window.location.origin}/auth/new-password`,
    });
    if (error) return authProblem(error);
    setSent(true);
    return null;
  };
  return (
    <>
      {sent && (
        <Notice tone="good" data-testid="sent">
          {texts.recover.sent}
        </Notice>
      )}
      <AuthForm asks="addressOnly" action={texts.recover.action} submit={submit}>
        <TextLink href="/auth/sign-in">{texts.recover.back}</TextLink>
      </AuthForm>
    </>
  );
}
