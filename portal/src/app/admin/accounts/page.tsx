import type { Metadata } from "next";

import { AdminAccounts } from "@/features/admin/accounts/admin-accounts";
import { texts } from "@/texts/admin";

export const metadata: Metadata = { title: texts.accounts.title };

export default function AdminAccountsPage() {
  return <AdminAccounts />;
}
