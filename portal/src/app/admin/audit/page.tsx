import type { Metadata } from "next";

import { AdminAudit } from "@/features/admin/audit/admin-audit";
import { texts } from "@/texts/audit";

export const metadata: Metadata = { title: texts.title };

export default function AuditPage() {
  return <AdminAudit />;
}
