import type { Metadata } from "next";

import { AdminJobPage } from "@/features/admin/jobs/admin-job";
import { texts } from "@/texts/jobs";

export const metadata: Metadata = { title: texts.title };

export default function JobPage() {
  return <AdminJobPage />;
}
