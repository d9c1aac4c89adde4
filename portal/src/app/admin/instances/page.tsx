import type { Metadata } from "next";

import { AdminInstances } from "@/features/admin/admin-instances";

export const metadata: Metadata = { title: "Instances" };

export default function AdminInstancesPage() {
  return <AdminInstances />;
}
