import type { Metadata } from "next";

import { Overview } from "@/features/admin/overview/overview";
import { texts } from "@/texts/admin";

export const metadata: Metadata = { title: texts.overview.title };

export default function AdminOverviewPage() {
  return <Overview />;
}
