import type { Metadata } from "next";

import { NewPassword } from "@/features/auth/new-password";
import { texts } from "@/texts/auth";

export const metadata: Metadata = { title: texts.renew.title };

export default function NewPasswordPage() {
  return <NewPassword />;
}
