import type { Metadata } from "next";

import { Billing } from "@/features/billing/billing";
import { texts } from "@/texts/account";

export const metadata: Metadata = { title: texts.billing.title };

export default function BillingPage() {
  return <Billing />;
}
