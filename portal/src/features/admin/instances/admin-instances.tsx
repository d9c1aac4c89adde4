"use client";

import { ExternalLink } from "lucide-react";

import { BulkBar } from "@/components/command/bulk-bar";
import type { BulkCommand } from "@/components/command/bulk-dialog";
import { type Column } from "@/components/list/data-table";
import { ListPage } from "@/components/list/list-page";
import type { ListSpec } from "@/components/list/list-query";
import { useList } from "@/components/list/use-list";
import { TextLink } from "@/components/text-link";
import { When } from "@/components/when";
import { StatusBadge } from "@/features/instances/status-badge";
import { type AdminInstance, type Api, done } from "@/lib/api";
import { INSTANCE_STATUSES, isGone, lookOf } from "@/lib/instance-status";
import { useServices } from "@/lib/services";
import { texts } from "@/texts/admin";
import { texts as admin } from "@/texts/admin-instances";
import { texts as common } from "@/texts/common";
import { texts as instance } from "@/texts/instance";

import { AccountLink, PlanName } from "../accounts/account-look";
import { AdminPage } from "../admin-page";
import { wish, wishesFor } from "./instance-commands";
import { SyncInstances } from "./sync-instances";

const { columns } = texts;
const { healths } = instance.status;

const SPEC: ListSpec<"status"> = {
  sorts: ["created_at", "instance_id", "subdomain", "status", "tier"],
  first: { sort: "created_at", order: "DESC" },
  filters: { status: INSTANCE_STATUSES },
};

const LOOKS = [
  {
    name: "status" as const,
    label: texts.status,
    options: INSTANCE_STATUSES.map((value) => ({ value, label: lookOf(value).label })),
  },
];

const COLUMNS: readonly Column<AdminInstance>[] = [
  { name: columns.number, cell: NumberCell, sort: "instance_id" },
  { name: columns.address, cell: AddressCell, sort: "subdomain" },
  { name: columns.account, cell: AccountCell },
  { name: columns.plan, cell: ({ tier }) => <PlanName tier={tier} />, sort: "tier" },
  { name: columns.status, cell: StatusCell, sort: "status" },
  { name: columns.health, cell: ({ health }) => healths[health] ?? health },
  {
    name: columns.created,
    cell: ({ created_at }) => <When at={created_at} to="day" />,
    sort: "created_at",
  },
];

/** How often the list is read again (milliseconds). */
const LOOK_EVERY = 10_000;

/** `/admin/instances`: all instances. */
export function AdminInstances() {
  return (
    <AdminPage title={texts.instances.title}>
      <SyncInstances />
      <Instances />
    </AdminPage>
  );
}

function Instances() {
  const { api } = useServices();
  const list = useList({
    key: "instances",
    spec: SPEC,
    ask: (query, signal) => done(api.GET("/admin/instances", { params: { query }, signal })),
    every: LOOK_EVERY,
  });
  return (
    <ListPage
      {...list}
      what={texts.instances.what}
      columns={COLUMNS}
      keyOf={({ id }) => id}
      looks={LOOKS}
      bulk={{
        nameOf,
        bar: (rows, unselect) => (
          <BulkBar rows={rows} commands={WISHES.map((one) => bulk(api, one))} unselect={unselect} />
        ),
      }}
    />
  );
}

/** What may be needed for many at once: after a broken update, or before work on the machines. */
const WISHES = ["restart", "start", "stop"] as const;

function nameOf({ subdomain, account_email }: AdminInstance): string {
  return `${subdomain}, ${account_email}`;
}

function bulk(api: Api, name: (typeof WISHES)[number]): BulkCommand<AdminInstance> {
  const words = admin.bulk;
  return {
    title: words[`${name}Title`],
    text: words[`${name}Text`],
    action: words[name],
    danger: name === "stop",
    reason: true,
    nameOf,
    refusal: (one) =>
      wishesFor(one).includes(name) ? null : words.notNow(lookOf(one.status).label),
    run: (one, reason) => wish(api, one.instance_id, name, reason),
  };
}

function NumberCell({ instance_id }: AdminInstance) {
  return <TextLink href={`/admin/instance?id=${instance_id}`}>{instance_id}</TextLink>;
}

function AccountCell({ account_id, account_email }: AdminInstance) {
  return <AccountLink id={account_id} email={account_email} />;
}

function AddressCell({ subdomain, frontend_url, status }: AdminInstance) {
  // Where nothing answers any more, there is nothing to open.
  if (isGone({ status })) return subdomain;
  return (
    <a
      href={frontend_url}
      target="_blank"
      rel="noreferrer"
      className="inline-flex items-center gap-1 hover:underline"
    >
      {subdomain}
      <ExternalLink aria-hidden className="size-3.5 text-muted" />
      <span className="sr-only">{common.opensElsewhere}</span>
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
