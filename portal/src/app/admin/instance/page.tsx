import type { Metadata } from "next";

import { AdminInstancePage } from "@/features/admin/instances/admin-instance";
import { texts } from "@/texts/admin";

export const metadata: Metadata = { title: texts.instances.title };

export default function InstancePage() {
  return <AdminInstancePage />;
}
