import type { Metadata } from "next";

import { SignIn } from "@/features/auth/sign-in";
import { texts } from "@/texts/auth";

export const metadata: Metadata = { title: texts.signIn.title };

export default function SignInPage() {
  return <SignIn />;
}
