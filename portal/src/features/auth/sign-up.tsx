"use client";

import Link from "next/link";
import { useRouter, useSearchParams } from "next/navigation";

import { Page } from "@/components/page";
import { safeReturnPath, signInPath } from "@/lib/return-path";
import { useServices } from "@/lib/services";

import { authProblem } from "./auth-error";
import { AuthForm, type Credentials } from "./auth-form";
import { LeadOn } from "./lead-on";

/** Makes an account and leads on to `?next=`, or to the mailbox where addresses must be confirmed. */
export function SignUp() {
  return (
    <Page title="Sign up" narrow>
      <LeadOn>
        <SignUpForm />
      </LeadOn>
    </Page>
  );
}

function SignUpForm() {
  const { supabase } = useServices();
  const router = useRouter();
  const next = safeReturnPath(useSearchParams().get("next"));
  const submit = async (credentials: Credentials) => {
    const { data, error } = await supabase.auth.signUp({
      ...credentials,
      // The link in the mail leads here; supabase-js takes the session from it.
      options: { emailRedirectTo: window.location.origin + next },
    });
    if (error) return authProblem(error);
    if (data.session === null) router.push("/auth/confirm");
    return null;
  };
  return (
    <AuthForm action="Create account" password="new-password" shortest={8} submit={submit}>
      Have an account already?{" "}
      <Link href={signInPath(next)} className="text-brand underline">
        Sign in
      </Link>
    </AuthForm>
  );
}
