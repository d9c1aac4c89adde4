"use client";

import type { Column } from "@/components/list/data-table";
import { ListPage } from "@/components/list/list-page";
import type { ListSpec } from "@/components/list/list-query";
import { useList } from "@/components/list/use-list";
import { Badge } from "@/components/ui/badge";
import { When } from "@/components/when";
import { type AdminSubscription, done } from "@/lib/api";
import { day } from "@/lib/format";
import { useServices } from "@/lib/services";
import { SUBSCRIPTION_STATUSES, subscriptionLookOf } from "@/lib/subscription-status";
import { texts as account } from "@/texts/account";
import { texts } from "@/texts/admin-billing";

import { AccountLink, PlanName } from "../accounts/account-look";
import { oneOf, PLANS } from "../admin-list";
import { AdminPage } from "../admin-page";
import { usePlanOption } from "./use-plan-option";

const { columns, filters, subscriptions: words } = texts;

const SPEC: ListSpec<"status" | "tier" | "account_id"> = {
  sorts: ["created_at", "tier", "status", "current_period_end"],
  first: { sort: "created_at", order: "DESC" },
  filters: { status: SUBSCRIPTION_STATUSES, tier: PLANS, account_id: "text" },
};

const COLUMNS: readonly Column<AdminSubscription>[] = [
  { name: columns.account, cell: AccountCell },
  { name: columns.plan, cell: ({ tier }) => <PlanName tier={tier} />, sort: "tier" },
  { name: columns.status, cell: StatusCell, sort: "status" },
  { name: columns.cycle, cell: cycleOf },
  { name: columns.ends, cell: EndCell, sort: "current_period_end" },
  { name: columns.stripe, cell: StripeCell },
  {
    name: columns.since,
    cell: ({ created_at }) => <When at={created_at} to="day" />,
    sort: "created_at",
  },
];

/** `/admin/subscriptions`: all subscriptions. */
export function AdminSubscriptions() {
  return (
    <AdminPage title={words.title} lead={words.lead}>
      <Subscriptions />
    </AdminPage>
  );
}

function Subscriptions() {
  const { api } = useServices();
  const planNameOf = usePlanOption();
  const list = useList({
    key: "subscriptions",
    spec: SPEC,
    ask: (query, signal) => done(api.GET("/admin/subscriptions", { params: { query }, signal })),
  });
  return (
    <ListPage
      {...list}
      what={words.what}
      columns={COLUMNS}
      keyOf={({ id }) => id}
      looks={[
        oneOf(
          "status",
          filters.status,
          SUBSCRIPTION_STATUSES,
          (status) => subscriptionLookOf(status).label,
        ),
        oneOf("tier", filters.plan, PLANS, planNameOf),
      ]}
    />
  );
}

function AccountCell({ account_id, account_email }: AdminSubscription) {
  return <AccountLink id={account_id} email={account_email} />;
}

function StatusCell({ status }: AdminSubscription) {
  const { label, tone } = subscriptionLookOf(status);
  return <Badge tone={tone}>{label}</Badge>;
}

function cycleOf({ billing_cycle }: AdminSubscription): string {
  return billing_cycle ? (account.billing.cycles[billing_cycle] ?? billing_cycle) : "–";
}

function EndCell({ current_period_end, cancel_at_period_end }: AdminSubscription) {
  if (cancel_at_period_end) {
    return <Badge tone="warn">{texts.cancelled(day(current_period_end))}</Badge>;
  }
  return <When at={current_period_end} to="day" />;
}

function StripeCell({ stripe_subscription_id }: AdminSubscription) {
  return stripe_subscription_id ? <code className="text-xs">{stripe_subscription_id}</code> : "–";
}
