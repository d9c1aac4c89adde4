"use client";

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useSearchParams } from "next/navigation";
import { Suspense } from "react";

import { Loading } from "@/components/loading";
import { Page } from "@/components/page";
import { Badge } from "@/components/ui/badge";
import { usePlanName } from "@/features/pricing/use-plan-name";
import { type AdminAccount, done } from "@/lib/api";
import { dateTime, words } from "@/lib/format";
import { useServices } from "@/lib/services";
import { texts as account } from "@/texts/account";
import { texts } from "@/texts/admin";

import { type Column, ListPage } from "./list-page";
import { NeedsAdmin } from "./needs-admin";
import { pageQueryOf, rowsOf } from "./page-query";

const { columns, accountStatuses } = texts;
const STATUSES = Object.keys(accountStatuses);

const labelOf = (status: string) => accountStatuses[status] ?? words(status);

const COLUMNS: readonly Column<AdminAccount>[] = [
  { name: columns.email, cell: EmailCell },
  { name: columns.name, cell: (account) => nameOf(account) },
  { name: columns.status, cell: ({ status }) => labelOf(status) },
  { name: columns.plan, cell: (row) => <PlanCell {...row} /> },
  { name: columns.instances, cell: ({ instances }) => instances },
  { name: columns.since, cell: ({ created_at }) => dateTime(created_at) },
];

/** `/admin/accounts`: all accounts. */
export function AdminAccounts() {
  return (
    <Suspense fallback={<Loading />}>
      <NeedsAdmin>
        <Page title={texts.accounts.title}>
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
      what={texts.accounts.what}
      columns={COLUMNS}
      keyOf={({ id }) => id}
      query={query}
      statuses={STATUSES}
      labelOf={labelOf}
      result={result}
    />
  );
}

function EmailCell({ email, is_admin }: AdminAccount) {
  return (
    <span className="flex flex-wrap items-center gap-2">
      {email}
      {is_admin && <Badge tone="brand">{texts.admin}</Badge>}
    </span>
  );
}

function nameOf({ full_name, company_name }: AdminAccount): string {
  return [full_name, company_name].filter(Boolean).join(", ") || "–";
}

function PlanCell({ tier, subscription_status }: AdminAccount) {
  const name = usePlanName(tier);
  if (tier === "free" || !subscription_status) return name;
  return `${name} (${account.statuses[subscription_status] ?? words(subscription_status)})`;
}
