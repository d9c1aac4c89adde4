import type { Metadata } from "next";

import { InstanceDetail } from "@/features/instances/instance-detail";

export const metadata: Metadata = { title: "Instance" };

export default function InstancePage() {
  return <InstanceDetail />;
}
