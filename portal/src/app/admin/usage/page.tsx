import type { Metadata } from "next";

import { AdminUsagePage } from "@/features/admin/billing/admin-usage";
import { texts } from "@/texts/admin-billing";

export const metadata: Metadata = { title: texts.usage.title };

export default function UsagePage() {
  return <AdminUsagePage />;
}
