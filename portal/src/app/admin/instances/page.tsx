import type { Metadata } from "next";

import { AdminInstances } from "@/features/admin/instances/admin-instances";
import { texts } from "@/texts/admin";

export const metadata: Metadata = { title: texts.instances.title };

export default function AdminInstancesPage() {
  return <AdminInstances />;
}
