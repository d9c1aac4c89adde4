"use client";

import { useSearchParams } from "next/navigation";

import { Page } from "@/components/page";
import { TextLink } from "@/components/text-link";
import { Notice } from "@/components/ui/notice";
import { HOME, safeReturnPath, signInPath } from "@/lib/return-path";
import { useServices } from "@/lib/services";
import { texts } from "@/texts/auth";

import { authProblem, isUnconfirmed } from "./auth-error";
import { AuthForm } from "./auth-form";
import type { Credentials } from "./credentials";
import { LeadOn } from "./lead-on";
import { linkProblem } from "./link-problem";
import { rememberMailbox } from "./mailbox";

/** Signs a person in and leads on to `?next=`. */
export function SignIn() {
  return (
    <Page title={texts.signIn.title} narrow>
      <LeadOn>
        <SignInForm />
      </LeadOn>
    </Page>
  );
}

function SignInForm() {
  const { auth } = useServices();
  const parameters = useSearchParams();
  const next = safeReturnPath(parameters.get("next"));
  // `LeadOn` sees the new session and goes on.
  const submit = async (credentials: Credentials) => {
    const { error } = await auth.signInWithPassword(credentials);
    if (!error || !isUnconfirmed(error)) return error && authProblem(error);
    rememberMailbox({ email: credentials.email, next });
    return <Unconfirmed text={authProblem(error)} />;
  };
  const reason = linkProblem
    ? texts.link.text
    : parameters.has("ended")
      ? texts.signIn.ended
      : next !== HOME && texts.signIn.goOn;
  return (
    <>
      {reason && <Notice data-testid="reason">{reason}</Notice>}
      <AuthForm
        asks="present"
        action={texts.signIn.action}
        submit={submit}
        before={
          <p className="text-sm">
            <TextLink href="/auth/recover">{texts.signIn.forgot}</TextLink>
          </p>
        }
      >
        {texts.signIn.noAccount}{" "}
        <TextLink href={signInPath(next, { page: "/auth/sign-up" })}>
          {texts.signUp.action}
        </TextLink>
      </AuthForm>
    </>
  );
}

/** The way to another mail, for whom the first did not reach. */
function Unconfirmed({ text }: { text: string }) {
  return (
    <>
      {text}{" "}
      <TextLink href="/auth/confirm" className="text-inherit hover:text-inherit">
        {texts.signIn.noMail}
      </TextLink>
    </>
  );
}
