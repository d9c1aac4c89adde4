"use client";

import Link from "next/link";
import { useSearchParams } from "next/navigation";

import { Page } from "@/components/page";
import { Notice } from "@/components/ui/notice";
import { HOME, safeReturnPath, signInPath } from "@/lib/return-path";
import { useServices } from "@/lib/services";

import { authProblem } from "./auth-error";
import { AuthForm, type Credentials } from "./auth-form";
import { LeadOn } from "./lead-on";

/** Signs a person in and leads on to `?next=`. */
export function SignIn() {
  return (
    <Page title="Sign in" narrow>
      <LeadOn>
        <SignInForm />
      </LeadOn>
    </Page>
  );
}

function SignInForm() {
  const { supabase } = useServices();
  const next = safeReturnPath(useSearchParams().get("next"));
  // `LeadOn` sees the new session and goes on.
  const submit = async (credentials: Credentials) => {
    const { error } = await supabase.auth.signInWithPassword(credentials);
    return error && authProblem(error);
  };
  return (
    <>
      {next !== HOME && <Notice>Sign in to go on.</Notice>}
      <AuthForm action="Sign in" password="current-password" submit={submit}>
        No account yet?{" "}
        <Link href={signInPath(next, "/auth/sign-up")} className="text-brand underline">
          Sign up
        </Link>
      </AuthForm>
    </>
  );
}
