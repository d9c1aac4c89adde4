import { type Column, DataTable } from "@/components/list/data-table";
import { Section } from "@/components/section";
import { TextLink } from "@/components/text-link";
import { When } from "@/components/when";
import { InvoiceBadge } from "@/features/billing/invoice-badge";
import { StatusBadge } from "@/features/instances/status-badge";
import type { AccountDetail, Instance, Payment, Subscription } from "@/lib/api";
import { money } from "@/lib/format";
import { texts as admin } from "@/texts/admin";
import { texts } from "@/texts/admin-accounts";
import { texts as billing } from "@/texts/billing";

import { PlanAndStatus } from "./account-look";

const INSTANCES: readonly Column<Instance>[] = [
  {
    name: admin.columns.address,
    cell: ({ instance_id, subdomain }) => (
      <TextLink href={`/admin/instance?id=${instance_id}`}>{subdomain}</TextLink>
    ),
  },
  { name: admin.columns.status, cell: (instance) => <StatusBadge instance={instance} /> },
  {
    name: admin.columns.created,
    cell: ({ created_at }) => <When at={created_at} to="day" />,
  },
];

const PAYMENTS: readonly Column<Payment>[] = [
  { name: billing.invoices.number, cell: ({ number }) => number ?? "–" },
  {
    name: billing.invoices.amount,
    cell: ({ amount_due, currency }) => money(amount_due, currency),
    end: true,
  },
  { name: billing.invoices.status, cell: ({ status }) => <InvoiceBadge status={status} /> },
  {
    name: billing.invoices.date,
    cell: ({ created_at }) => <When at={created_at} to="day" />,
  },
];

const SUBSCRIPTIONS: readonly Column<Subscription>[] = [
  {
    name: admin.columns.plan,
    cell: ({ tier, status }) => <PlanAndStatus tier={tier} status={status} />,
  },
  { name: admin.columns.since, cell: ({ created_at }) => <When at={created_at} to="day" /> },
];

/** An account's instances, subscriptions and payments. */
export function AccountBelongings({ detail }: { detail: AccountDetail }) {
  const { account, instances, subscriptions, payments } = detail;
  return (
    <>
      <Section title={texts.instances}>
        <Table
          what={texts.instances}
          columns={INSTANCES}
          rows={instances}
          none={texts.noInstances}
        />
      </Section>
      <Section title={texts.subscriptions}>
        <Table
          what={texts.subscriptions}
          columns={SUBSCRIPTIONS}
          rows={subscriptions}
          none={texts.noSubscriptions}
        />
      </Section>
      <Section
        title={texts.payments}
        aside={
          <TextLink href={`/admin/payments?account_id=${account.id}`} className="text-sm">
            {texts.allPayments}
          </TextLink>
        }
      >
        <Table what={texts.payments} columns={PAYMENTS} rows={payments} none={texts.noPayments} />
      </Section>
    </>
  );
}

interface TableProps<Row> {
  what: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  none: string;
}

function Table<Row extends { id: string }>({ what, columns, rows, none }: TableProps<Row>) {
  if (rows.length === 0) return <p className="text-sm text-muted">{none}</p>;
  return <DataTable what={what} columns={columns} rows={rows} keyOf={({ id }) => id} />;
}
