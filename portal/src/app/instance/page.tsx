import type { Metadata } from "next";

import { InstanceDetail } from "@/features/instances/instance-detail";
import { texts } from "@/texts/instance";

export const metadata: Metadata = { title: texts.title };

export default function InstancePage() {
  return <InstanceDetail />;
}
