import type { Metadata } from "next";

import { AdminJobs } from "@/features/admin/jobs/admin-jobs";
import { texts } from "@/texts/jobs";

export const metadata: Metadata = { title: texts.title };

export default function AdminJobsPage() {
  return <AdminJobs />;
}
