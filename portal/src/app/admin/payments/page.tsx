import type { Metadata } from "next";

import { AdminPayments } from "@/features/admin/billing/admin-payments";
import { texts } from "@/texts/admin-billing";

export const metadata: Metadata = { title: texts.payments.title };

export default function PaymentsPage() {
  return <AdminPayments />;
}
