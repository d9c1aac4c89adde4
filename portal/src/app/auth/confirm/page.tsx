import type { Metadata } from "next";

import { ConfirmAddress } from "@/features/auth/confirm-address";

export const metadata: Metadata = { title: "Confirm your address" };

export default function ConfirmPage() {
  return <ConfirmAddress />;
}
