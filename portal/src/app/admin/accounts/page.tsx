import type { Metadata } from "next";

import { AdminAccounts } from "@/features/admin/admin-accounts";

export const metadata: Metadata = { title: "Accounts" };

export default function AdminAccountsPage() {
  return <AdminAccounts />;
}
