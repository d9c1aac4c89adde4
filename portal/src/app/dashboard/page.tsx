import type { Metadata } from "next";

import { Dashboard } from "@/features/dashboard/dashboard";
import { texts } from "@/texts/account";

export const metadata: Metadata = { title: texts.dashboard.title };

export default function DashboardPage() {
  return <Dashboard />;
}
