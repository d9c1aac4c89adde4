"use client";

import { useQuery } from "@tanstack/react-query";

import { ErrorNotice } from "@/components/error-notice";
import { type Column, DataTable } from "@/components/list/data-table";
import { Loading } from "@/components/loading";
import { Section } from "@/components/section";
import { Skeleton } from "@/components/ui/skeleton";
import { When } from "@/components/when";
import type { Payment } from "@/lib/api";
import { money } from "@/lib/format";
import { invoicesQuery } from "@/lib/queries";
import { useServices } from "@/lib/services";
import { texts as billing } from "@/texts/billing";

import { InvoiceBadge } from "./invoice-badge";
import { InvoiceLink } from "./invoice-link";

const { invoices: texts } = billing;

const COLUMNS: readonly Column<Payment>[] = [
  { name: texts.date, cell: ({ created_at }) => <When at={created_at} to="day" /> },
  { name: texts.number, cell: ({ number }) => number ?? "–" },
  { name: texts.status, cell: ({ status }) => <InvoiceBadge status={status} /> },
  {
    name: texts.amount,
    cell: ({ amount_due, currency }) => money(amount_due, currency),
    end: true,
  },
  { name: texts.document, cell: (payment) => <InvoiceLink payment={payment} /> },
];

/** The account's invoices, newest first. */
export function Invoices() {
  const { api } = useServices();
  const invoices = useQuery(invoicesQuery(api));
  return (
    <Section title={texts.title} testId="invoices">
      {invoices.isPending && (
        <Loading label={texts.loading}>
          <Skeleton className="h-32" />
        </Loading>
      )}
      {invoices.isError && (
        <ErrorNotice error={invoices.error} retry={() => void invoices.refetch()} />
      )}
      {invoices.data?.length === 0 && <p className="text-muted">{texts.none}</p>}
      {invoices.data && invoices.data.length > 0 && (
        <DataTable
          what={texts.title}
          columns={COLUMNS}
          rows={invoices.data}
          keyOf={({ id }) => id}
        />
      )}
    </Section>
  );
}
