import type { Metadata } from "next";

import { AdminSubscriptions } from "@/features/admin/billing/admin-subscriptions";
import { texts } from "@/texts/admin-billing";

export const metadata: Metadata = { title: texts.subscriptions.title };

export default function SubscriptionsPage() {
  return <AdminSubscriptions />;
}
