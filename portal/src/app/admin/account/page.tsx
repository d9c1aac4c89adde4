import type { Metadata } from "next";

import { AdminAccountPage } from "@/features/admin/accounts/admin-account";
import { texts } from "@/texts/admin";

export const metadata: Metadata = { title: texts.accounts.title };

export default function AccountPage() {
  return <AdminAccountPage />;
}
