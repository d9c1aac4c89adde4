"use client";

import { type Column } from "@/components/list/data-table";
import { ListPage } from "@/components/list/list-page";
import type { ListSpec } from "@/components/list/list-query";
import { useList } from "@/components/list/use-list";
import { When } from "@/components/when";
import { Badge } from "@/components/ui/badge";
import { ACCOUNT_STATUSES, accountLookOf } from "@/lib/account-status";
import { type AdminAccount, done } from "@/lib/api";
import { useServices } from "@/lib/services";
import { texts } from "@/texts/admin";

import { AdminPage } from "../admin-page";
import { AccountBadge, AccountLink, PlanAndStatus } from "./account-look";

const { columns } = texts;

const SPEC: ListSpec<"status"> = {
  sorts: ["created_at", "email", "full_name", "status"],
  first: { sort: "created_at", order: "DESC" },
  filters: { status: ACCOUNT_STATUSES },
};

const LOOKS = [
  {
    name: "status" as const,
    label: texts.status,
    options: ACCOUNT_STATUSES.map((value) => ({ value, label: accountLookOf(value).label })),
  },
];

const COLUMNS: readonly Column<AdminAccount>[] = [
  { name: columns.email, cell: EmailCell, sort: "email" },
  { name: columns.name, cell: nameOf, sort: "full_name" },
  { name: columns.status, cell: ({ status }) => <AccountBadge status={status} />, sort: "status" },
  { name: columns.plan, cell: PlanCell },
  { name: columns.instances, cell: ({ instances }) => instances, end: true },
  {
    name: columns.since,
    cell: ({ created_at }) => <When at={created_at} to="day" />,
    sort: "created_at",
  },
];

/** `/admin/accounts`: all accounts. */
export function AdminAccounts() {
  return (
    <AdminPage title={texts.accounts.title}>
      <Accounts />
    </AdminPage>
  );
}

function Accounts() {
  const { api } = useServices();
  const list = useList({
    key: "accounts",
    spec: SPEC,
    ask: (query, signal) => done(api.GET("/admin/accounts", { params: { query }, signal })),
  });
  return (
    <ListPage
      {...list}
      what={texts.accounts.what}
      columns={COLUMNS}
      keyOf={({ id }) => id}
      looks={LOOKS}
    />
  );
}

function EmailCell({ id, email, is_admin }: AdminAccount) {
  return (
    <span className="flex flex-wrap items-center gap-2">
      <AccountLink id={id} email={email} />
      {is_admin && <Badge tone="brand">{texts.admin}</Badge>}
    </span>
  );
}

function nameOf({ full_name, company_name }: AdminAccount): string {
  return [full_name, company_name].filter(Boolean).join(", ") || "–";
}

function PlanCell({ tier, subscription_status }: AdminAccount) {
  return <PlanAndStatus tier={tier} status={subscription_status} />;
}
