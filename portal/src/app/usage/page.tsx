import type { Metadata } from "next";

import { UsagePage } from "@/features/usage/usage";
import { texts } from "@/texts/usage";

export const metadata: Metadata = { title: texts.title };

export default function MyUsagePage() {
  return <UsagePage />;
}
