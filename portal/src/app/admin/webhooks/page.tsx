import type { Metadata } from "next";

import { AdminWebhooks } from "@/features/admin/billing/admin-webhooks";
import { texts } from "@/texts/admin-billing";

export const metadata: Metadata = { title: texts.webhooks.title };

export default function WebhooksPage() {
  return <AdminWebhooks />;
}
