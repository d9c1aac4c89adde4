"use client";

import { useRouter, useSearchParams } from "next/navigation";

import { Page } from "@/components/page";
import { TextLink } from "@/components/text-link";
import { safeReturnPath, signInPath } from "@/lib/return-path";
import { useServices } from "@/lib/services";
import { texts } from "@/texts/auth";

import { authProblem } from "./auth-error";
import { AuthForm } from "./auth-form";
import type { Credentials } from "./credentials";
import { LeadOn } from "./lead-on";
import { landing, rememberMailbox } from "./mailbox";

/** Makes an account and leads on to `?next=`, or to the mailbox where addresses must be confirmed. */
export function SignUp() {
  return (
    <Page title={texts.signUp.title} lead={texts.signUp.lead} narrow>
      <LeadOn>
        <SignUpForm />
      </LeadOn>
    </Page>
  );
}

function SignUpForm() {
  const { auth } = useServices();
  const router = useRouter();
  const next = safeReturnPath(useSearchParams().get("next"));
  const submit = async (credentials: Credentials) => {
    const { data, error } = await auth.signUp({
      ...credentials,
      options: { emailRedirectTo: landing(next) },
    });
    if (error) return authProblem(error);
    if (data.session === null) {
      rememberMailbox({ email: credentials.email, next });
      router.push("/auth/confirm");
    }
    return null;
  };
  return (
    <AuthForm asks="fresh" action={texts.signUp.action} submit={submit} before={<Agreement />}>
      {texts.signUp.hasAccount} <TextLink href={signInPath(next)}>{texts.signIn.action}</TextLink>
    </AuthForm>
  );
}

function Agreement() {
  const { agreeBefore, agreeBetween, terms, privacy } = texts.signUp;
  return (
    <p className="text-sm text-muted">
      {agreeBefore} <TextLink href="/terms">{terms}</TextLink> {agreeBetween}{" "}
      <TextLink href="/privacy">{privacy}</TextLink>.
    </p>
  );
}
