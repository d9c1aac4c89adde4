"use client";

import { useMutation } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import type { ReactNode } from "react";

import { ContactLink } from "@/components/contact-link";
import { ErrorNotice } from "@/components/error-notice";
import { Button } from "@/components/ui/button";
import { Card, CardTitle } from "@/components/ui/card";
import { done } from "@/lib/api";
import { useServices } from "@/lib/services";
import { texts as common } from "@/texts/common";
import { texts } from "@/texts/settings";

import { ExportButton } from "./export-data";

/** Why the API lets an account do nothing but leave: its own wish, or ours. */
export type Closed = "account_deleted" | "account_suspended";

interface AccountGateProps {
  closed: Closed;
  /** It may be open again. */
  again: () => void;
  signOut: () => Promise<void>;
}

/** What an account sees that is on its way out, instead of every page. */
export function AccountGate(props: AccountGateProps) {
  return props.closed === "account_deleted" ? <Leaving {...props} /> : <Suspended {...props} />;
}

function Leaving({ again, signOut }: AccountGateProps) {
  const { api } = useServices();
  const undo = useMutation({
    mutationFn: () => done(api.POST("/my/gdpr/cancel-deletion")),
    onSuccess: again,
  });
  return (
    <Closing {...texts.leaving} testId="account-leaving">
      {undo.isError && <ErrorNotice error={undo.error} />}
      <Button busy={undo.isPending} onClick={() => undo.mutate()}>
        {texts.leaving.undo}
      </Button>
      <p className="text-sm text-muted">{texts.leaving.export}</p>
      <ExportButton />
      <SignOut label={texts.leaving.signOut} signOut={signOut} />
    </Closing>
  );
}

function Suspended({ again, signOut }: AccountGateProps) {
  return (
    <Closing {...texts.suspended} testId="account-suspended">
      <Button onClick={again}>{texts.suspended.again}</Button>
      <ContactLink subject={texts.suspended.title} className="text-center font-medium underline">
        {common.footer.contact}
      </ContactLink>
      <SignOut label={texts.suspended.signOut} signOut={signOut} />
    </Closing>
  );
}

interface ClosingProps {
  title: string;
  lead: string;
  testId: string;
  children: ReactNode;
}

function Closing({ title, lead, testId, children }: ClosingProps) {
  return (
    <Card className="mx-auto grid w-full max-w-lg gap-4" data-testid={testId}>
      <div className="grid gap-1.5">
        <CardTitle className="text-xl">{title}</CardTitle>
        <p className="text-pretty text-muted">{lead}</p>
      </div>
      {children}
    </Card>
  );
}

interface SignOutProps {
  label: string;
  signOut: () => Promise<void>;
}

function SignOut({ label, signOut }: SignOutProps) {
  const router = useRouter();
  const leave = async () => {
    await signOut();
    router.push("/");
  };
  return (
    <div>
      <Button variant="ghost" onClick={() => void leave()}>
        {label}
      </Button>
    </div>
  );
}
