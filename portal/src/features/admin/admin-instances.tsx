"use client";

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useSearchParams } from "next/navigation";
import { Suspense } from "react";

import { Loading } from "@/components/loading";
import { Page } from "@/components/page";
import { StatusBadge } from "@/features/instances/status-badge";
import { usePlanName } from "@/features/pricing/use-plan-name";
import { type AdminInstance, done } from "@/lib/api";
import { dateTime } from "@/lib/format";
import { INSTANCE_STATUSES, isGone, lookOf } from "@/lib/instance-status";
import { useServices } from "@/lib/services";
import { texts } from "@/texts/admin";
import { texts as instance } from "@/texts/instance";

import { type Column, ListPage } from "./list-page";
import { NeedsAdmin } from "./needs-admin";
import { pageQueryOf, rowsOf } from "./page-query";

const { columns } = texts;
const { healths } = instance.status;

const COLUMNS: readonly Column<AdminInstance>[] = [
  { name: columns.number, cell: ({ instance_id }) => instance_id },
  { name: columns.address, cell: AddressCell },
  { name: columns.account, cell: ({ account_email }) => account_email },
  { name: columns.plan, cell: ({ tier }) => <PlanName tier={tier} /> },
  { name: columns.status, cell: StatusCell },
  { name: columns.health, cell: ({ health }) => healths[health] ?? health },
  { name: columns.created, cell: ({ created_at }) => dateTime(created_at) },
];

/** `/admin/instances`: all instances. */
export function AdminInstances() {
  return (
    <Suspense fallback={<Loading />}>
      <NeedsAdmin>
        <Page title={texts.instances.title}>
          <Instances />
        </Page>
      </NeedsAdmin>
    </Suspense>
  );
}

/** How often the list is read again (milliseconds). */
const LOOK_EVERY = 10_000;

function Instances() {
  const { api } = useServices();
  const query = pageQueryOf(useSearchParams(), INSTANCE_STATUSES);
  const result = useQuery({
    queryKey: ["admin-instances", query],
    queryFn: ({ signal }) =>
      done(api.GET("/admin/instances", { params: { query: rowsOf(query) }, signal })),
    placeholderData: keepPreviousData,
    refetchInterval: LOOK_EVERY,
  });
  return (
    <ListPage
      what={texts.instances.what}
      columns={COLUMNS}
      keyOf={({ id }) => id}
      query={query}
      statuses={INSTANCE_STATUSES}
      labelOf={(status) => lookOf(status).label}
      result={result}
    />
  );
}

function PlanName({ tier }: { tier: string }) {
  return usePlanName(tier);
}

function AddressCell({ subdomain, frontend_url, status }: AdminInstance) {
  // Where nothing answers any more, there is nothing to open.
  if (isGone({ status })) return subdomain;
  return (
    <a href={frontend_url} target="_blank" rel="noreferrer" className="text-brand underline">
      {subdomain}
    </a>
  );
}

function StatusCell(instance: AdminInstance) {
  return (
    <span className="grid justify-items-start gap-1">
      <StatusBadge instance={instance} />
      {instance.status_reason && <span className="text-muted">{instance.status_reason}</span>}
    </span>
  );
}
