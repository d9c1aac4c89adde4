"use client";

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useSearchParams } from "next/navigation";
import { Suspense } from "react";

import { Loading } from "@/components/loading";
import { Page } from "@/components/page";
import { StatusBadge } from "@/features/instances/status-badge";
import { type AdminInstance, done } from "@/lib/api";
import { dateTime } from "@/lib/format";
import { INSTANCE_STATUSES, isGone } from "@/lib/instance-status";
import { useServices } from "@/lib/services";

import { type Column, ListPage } from "./list-page";
import { NeedsAdmin } from "./needs-admin";
import { pageQueryOf, rowsOf } from "./page-query";

const COLUMNS: readonly Column<AdminInstance>[] = [
  { name: "No.", cell: ({ instance_id }) => instance_id },
  { name: "Address", cell: AddressCell },
  { name: "Account", cell: ({ account_email }) => account_email },
  { name: "Plan", cell: ({ tier }) => tier },
  { name: "Status", cell: StatusCell },
  { name: "Health", cell: ({ health }) => health },
  { name: "Created", cell: ({ created_at }) => dateTime(created_at) },
];

/** `/admin/instances`: all instances. */
export function AdminInstances() {
  return (
    <Suspense fallback={<Loading />}>
      <NeedsAdmin>
        <Page title="Instances">
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
      what="instances"
      columns={COLUMNS}
      keyOf={({ id }) => id}
      query={query}
      statuses={INSTANCE_STATUSES}
      result={result}
    />
  );
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
