import type { Metadata } from "next";

import { SignUp } from "@/features/auth/sign-up";
import { texts } from "@/texts/auth";

export const metadata: Metadata = { title: texts.signUp.title };

export default function SignUpPage() {
  return <SignUp />;
}
