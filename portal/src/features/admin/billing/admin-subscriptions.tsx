"use client";

import type { Column } from "@/components/list/data-table";
import { ListPage } from "@/components/list/list-page";
import type { ListSpec } from "@/components/list/list-query";
import type { Details } from "@/components/list/row-details";
import { useList } from "@/components/list/use-list";
import { TextLink } from "@/components/text-link";
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

const DETAILS: Details<AdminSubscription> = {
  nameOf: ({ account_email }) => account_email,
  facts: (one) => [
    [columns.account, <AccountCell key="account" {...one} />],
    [columns.plan, <PlanName key="plan" tier={one.tier} />],
    [columns.status, <StatusCell key="status" {...one} />],
    [columns.cycle, cycleOf(one)],
    [words.begins, <When key="begins" at={one.current_period_start} to="day" />],
    [columns.ends, <EndCell key="ends" {...one} />],
    [words.trial, <When key="trial" at={one.trial_ends_at} to="day" />],
    [words.limits, words.limitsOf(one.max_agents, one.max_messages_per_day, one.max_storage_gb)],
    [columns.since, <When key="since" at={one.created_at} to="second" />],
    [words.changed, <When key="changed" at={one.updated_at} to="second" />],
    [words.stripeCustomer, one.stripe_customer_id ?? "–"],
    [words.stripeSubscription, <StripeCell key="id" {...one} />],
    [words.payments, <PaymentsLink key="payments" {...one} />],
  ],
};

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
      details={DETAILS}
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

function PaymentsLink({ account_id }: AdminSubscription) {
  return (
    <TextLink href={`/admin/payments?account_id=${account_id}`}>{words.showPayments}</TextLink>
  );
}
