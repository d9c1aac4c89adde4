"use client";

import { useMutation } from "@tanstack/react-query";
import { MailCheck } from "lucide-react";
import { useState } from "react";

import { Page } from "@/components/page";
import { TextLink } from "@/components/text-link";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Notice } from "@/components/ui/notice";
import { NeedsServices, useServices } from "@/lib/services";
import { texts } from "@/texts/auth";

import { authProblem } from "./auth-error";
import { rememberedMailbox } from "./mailbox";

const { confirm } = texts;

/** What to do after signing up where addresses must be confirmed. The same whether the address was new. */
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

function Again() {
  const { supabase } = useServices();
  const [email] = useState(rememberedMailbox);
  const again = useMutation({
    mutationFn: async (address: string) => {
      const { error } = await supabase.auth.resend({ type: "signup", email: address });
      if (error) throw new Error(authProblem(error));
    },
  });
  if (email === null) return null;
  return (
    <div className="grid justify-items-start gap-3">
      <Button variant="secondary" busy={again.isPending} onClick={() => again.mutate(email)}>
        {confirm.again}
      </Button>
      {again.isError && <Notice tone="bad">{again.error.message}</Notice>}
      {again.isSuccess && <Notice tone="good">{confirm.sent}</Notice>}
    </div>
  );
}
