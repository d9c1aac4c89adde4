"use client";

import Link from "next/link";
import { useState } from "react";

import { Loading } from "@/components/loading";
import { Page } from "@/components/page";
import { ButtonLink } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Notice } from "@/components/ui/notice";
import { NeedsServices, useServices } from "@/lib/services";
import { useSession } from "@/lib/session";
import { texts as common } from "@/texts/common";
import { texts } from "@/texts/auth";

import { authProblem } from "./auth-error";
import { AuthForm } from "./auth-form";
import type { Credentials } from "./credentials";

/** Where the mail's link leads: supabase-js has taken a session from it, which may set the password. */
export function NewPassword() {
  return (
    <Page title={texts.renew.title} narrow>
      <NeedsServices>
        <ByLink />
      </NeedsServices>
    </Page>
  );
}

function ByLink() {
  const { auth } = useServices();
  const session = useSession();
  const [saved, setSaved] = useState(false);
  const submit = async ({ password }: Pick<Credentials, "password">) => {
    const { error } = await auth.updateUser({ password });
    if (error) return authProblem(error);
    setSaved(true);
    return null;
  };
  if (session === undefined) return <Loading />;
  if (saved) {
    return (
      <Card className="grid justify-items-start gap-4">
        <Notice tone="good" data-testid="saved" className="w-full">
          {texts.renew.saved}
        </Notice>
        <ButtonLink>
          <Link href="/dashboard">{common.toDashboard}</Link>
        </ButtonLink>
      </Card>
    );
  }
  if (session === null) {
    return (
      <Card className="grid justify-items-start gap-4">
        <p data-testid="no-link">{texts.renew.noLink}</p>
        <ButtonLink>
          <Link href="/auth/recover">{texts.renew.another}</Link>
        </ButtonLink>
      </Card>
    );
  }
  return <AuthForm asks="passwordOnly" action={texts.renew.action} submit={submit} />;
}
