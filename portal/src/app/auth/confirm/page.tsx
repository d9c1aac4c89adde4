import type { Metadata } from "next";

import { ConfirmAddress } from "@/features/auth/confirm-address";
import { texts } from "@/texts/auth";

export const metadata: Metadata = { title: texts.confirm.title };

export default function ConfirmPage() {
  return <ConfirmAddress />;
}
