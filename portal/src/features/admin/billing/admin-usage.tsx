"use client";

import type { Column } from "@/components/list/data-table";
import { ListPage } from "@/components/list/list-page";
import type { ListSpec } from "@/components/list/list-query";
import { useList } from "@/components/list/use-list";
import { When } from "@/components/when";
import { type AdminUsage, done } from "@/lib/api";
import { number } from "@/lib/format";
import { useServices } from "@/lib/services";
import { texts } from "@/texts/admin-billing";

import { AccountLink, PlanName } from "../accounts/account-look";
import { oneOf, PLANS } from "../admin-list";
import { AdminPage } from "../admin-page";
import { usePlanOption } from "./use-plan-option";

const { columns, filters, usage: words } = texts;

const SPEC: ListSpec<"tier" | "account_id"> = {
  sorts: ["metric_date", "messages_sent", "agents_used", "storage_used_gb", "tier"],
  first: { sort: "metric_date", order: "DESC" },
  filters: { tier: PLANS, account_id: "text" },
};

const COLUMNS: readonly Column<AdminUsage>[] = [
  {
    name: columns.day,
    cell: ({ metric_date }) => <When at={metric_date} to="day" />,
    sort: "metric_date",
  },
  { name: columns.account, cell: AccountCell },
  { name: columns.plan, cell: ({ tier }) => <PlanName tier={tier} />, sort: "tier" },
  {
    name: columns.messages,
    cell: ({ messages_sent }) => number(messages_sent),
    sort: "messages_sent",
    end: true,
  },
  {
    name: columns.agents,
    cell: ({ agents_used }) => number(agents_used),
    sort: "agents_used",
    end: true,
  },
  {
    name: columns.storage,
    cell: ({ storage_used_gb }) => texts.gigabytes(number(storage_used_gb)),
    sort: "storage_used_gb",
    end: true,
  },
];

/** `/admin/usage`: what was used, day by day. */
export function AdminUsagePage() {
  return (
    <AdminPage title={words.title} lead={words.lead}>
      <UsageRows />
    </AdminPage>
  );
}

function UsageRows() {
  const { api } = useServices();
  const planNameOf = usePlanOption();
  const list = useList({
    key: "usage",
    spec: SPEC,
    ask: (query, signal) => done(api.GET("/admin/usage", { params: { query }, signal })),
  });
  return (
    <ListPage
      {...list}
      what={words.what}
      columns={COLUMNS}
      keyOf={({ id }) => id}
      looks={[oneOf("tier", filters.plan, PLANS, planNameOf)]}
    />
  );
}

function AccountCell({ account_id, account_email }: AdminUsage) {
  return <AccountLink id={account_id} email={account_email} />;
}
