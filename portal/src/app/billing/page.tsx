import type { Metadata } from "next";

import { Billing } from "@/features/billing/billing";

export const metadata: Metadata = { title: "Billing" };

export default function BillingPage() {
  return <Billing />;
}
