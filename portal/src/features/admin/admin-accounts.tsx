"use client";

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useSearchParams } from "next/navigation";
import { Suspense } from "react";

import { Loading } from "@/components/loading";
import { Page } from "@/components/page";
import { Badge } from "@/components/ui/badge";
import { type AdminAccount, done } from "@/lib/api";
import { dateTime, words } from "@/lib/format";
import { useServices } from "@/lib/services";

import { type Column, ListPage } from "./list-page";
import { NeedsAdmin } from "./needs-admin";
import { pageQueryOf, rowsOf } from "./page-query";

const STATUSES = ["pending_verification", "active", "suspended", "deleted"];

const COLUMNS: readonly Column<AdminAccount>[] = [
  { name: "E-mail", cell: EmailCell },
  { name: "Name", cell: (account) => nameOf(account) },
  { name: "Status", cell: ({ status }) => words(status) },
  { name: "Plan", cell: PlanCell },
  { name: "Instances", cell: ({ instances }) => instances },
  { name: "Since", cell: ({ created_at }) => dateTime(created_at) },
];

/** `/admin/accounts`: all accounts. */
export function AdminAccounts() {
  return (
    <Suspense fallback={<Loading />}>
      <NeedsAdmin>
        <Page title="Accounts">
          <Accounts />
        </Page>
      </NeedsAdmin>
    </Suspense>
  );
}

function Accounts() {
  const { api } = useServices();
  const query = pageQueryOf(useSearchParams(), STATUSES);
  const result = useQuery({
    queryKey: ["admin-accounts", query],
    queryFn: ({ signal }) =>
      done(api.GET("/admin/accounts", { params: { query: rowsOf(query) }, signal })),
    placeholderData: keepPreviousData,
  });
  return (
    <ListPage
      what="accounts"
      columns={COLUMNS}
      keyOf={({ id }) => id}
      query={query}
      statuses={STATUSES}
      result={result}
    />
  );
}

function EmailCell({ email, is_admin }: AdminAccount) {
  return (
    <span className="flex flex-wrap items-center gap-2">
      {email}
      {is_admin && <Badge tone="brand">admin</Badge>}
    </span>
  );
}

function nameOf({ full_name, company_name }: AdminAccount): string {
  return [full_name, company_name].filter(Boolean).join(", ") || "–";
}

function PlanCell({ tier, subscription_status }: AdminAccount) {
  const aside = tier === "free" || !subscription_status ? "" : ` (${words(subscription_status)})`;
  return tier + aside;
}
