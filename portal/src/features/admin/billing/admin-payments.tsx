"use client";

import { CopyValue } from "@/components/copy-value";
import type { Column } from "@/components/list/data-table";
import { ListPage } from "@/components/list/list-page";
import type { ListSpec } from "@/components/list/list-query";
import type { Details } from "@/components/list/row-details";
import { useList } from "@/components/list/use-list";
import { When } from "@/components/when";
import { INVOICE_STATUSES, InvoiceBadge, invoiceLabelOf } from "@/features/billing/invoice-badge";
import { InvoiceLink } from "@/features/billing/invoice-link";
import { type AdminPayment, done } from "@/lib/api";
import { money } from "@/lib/format";
import { useServices } from "@/lib/services";
import { texts } from "@/texts/admin-billing";

import { AccountLink } from "../accounts/account-look";
import { oneOf } from "../admin-list";
import { AdminPage } from "../admin-page";

const { columns, filters, payments: words } = texts;

const SPEC: ListSpec<"status" | "account_id"> = {
  sorts: ["created_at", "status", "amount_due", "amount_paid", "number"],
  first: { sort: "created_at", order: "DESC" },
  filters: { status: INVOICE_STATUSES, account_id: "text" },
};

const LOOKS = [oneOf("status", filters.status, INVOICE_STATUSES, invoiceLabelOf)];

const COLUMNS: readonly Column<AdminPayment>[] = [
  { name: columns.number, cell: ({ number }) => number ?? "–", sort: "number" },
  { name: columns.account, cell: AccountCell },
  { name: columns.status, cell: ({ status }) => <InvoiceBadge status={status} />, sort: "status" },
  {
    name: columns.due,
    cell: ({ amount_due, currency }) => money(amount_due, currency),
    sort: "amount_due",
    end: true,
  },
  {
    name: columns.paid,
    cell: ({ amount_paid, currency }) => money(amount_paid, currency),
    sort: "amount_paid",
    end: true,
  },
  {
    name: columns.date,
    cell: ({ created_at }) => <When at={created_at} to="day" />,
    sort: "created_at",
  },
  { name: columns.invoice, cell: (payment) => <InvoiceLink payment={payment} /> },
];

const DETAILS: Details<AdminPayment> = {
  nameOf: ({ number, stripe_invoice_id }) => number ?? stripe_invoice_id,
  facts: (payment) => [
    [columns.account, <AccountCell key="account" {...payment} />],
    [columns.status, <InvoiceBadge key="status" status={payment.status} />],
    [columns.due, money(payment.amount_due, payment.currency)],
    [columns.paid, money(payment.amount_paid, payment.currency)],
    [columns.date, <When key="date" at={payment.created_at} to="second" />],
    [columns.invoice, <InvoiceLink key="invoice" payment={payment} />],
    [
      words.stripeInvoice,
      <CopyValue key="id" text={payment.stripe_invoice_id} what={words.stripeInvoice} />,
    ],
    [words.stripeSubscription, payment.stripe_subscription_id ?? "–"],
  ],
};

/** `/admin/payments`: all invoices and what was paid of them. */
export function AdminPayments() {
  return (
    <AdminPage title={words.title} lead={words.lead}>
      <Payments />
    </AdminPage>
  );
}

function Payments() {
  const { api } = useServices();
  const list = useList({
    key: "payments",
    spec: SPEC,
    ask: (query, signal) => done(api.GET("/admin/payments", { params: { query }, signal })),
  });
  return (
    <ListPage
      {...list}
      what={words.what}
      columns={COLUMNS}
      keyOf={({ id }) => id}
      looks={LOOKS}
      details={DETAILS}
    />
  );
}

function AccountCell({ account_id, account_email }: AdminPayment) {
  // What the law wants kept outlives the account.
  if (!account_id || !account_email) return texts.accountGone;
  return <AccountLink id={account_id} email={account_email} />;
}
