"use client";

import { useRouter, useSearchParams } from "next/navigation";

import type { Column } from "@/components/list/data-table";
import { ListPage } from "@/components/list/list-page";
import { listQueryOf, searchOf } from "@/components/list/list-query";
import type { Details } from "@/components/list/row-details";
import { useList } from "@/components/list/use-list";
import { Button } from "@/components/ui/button";
import { When } from "@/components/when";
import { deedOf } from "@/features/activity/activity-sentence";
import { type AuditEntry, done } from "@/lib/api";
import { words } from "@/lib/format";
import { useServices } from "@/lib/services";
import { texts as activity } from "@/texts/activity";
import { texts } from "@/texts/audit";

import { AccountLink } from "../accounts/account-look";
import { oneOf } from "../admin-list";
import { AdminPage } from "../admin-page";
import { ACTORS, beforeOf, SPEC } from "./audit-query";
import { DownloadLog } from "./download-log";

const { columns, filters } = texts;

const LOOKS = [
  oneOf("actor_type", filters.actor, ACTORS, (actor) => texts.actors[actor] ?? words(actor)),
];

const COLUMNS: readonly Column<AuditEntry>[] = [
  {
    name: columns.when,
    cell: ({ created_at }) => <When at={created_at} to="second" />,
    sort: "created_at",
  },
  { name: columns.who, cell: WhoCell, sort: "actor_type" },
  { name: columns.what, cell: WhatCell, sort: "action" },
  { name: columns.account, cell: AccountCell },
  { name: columns.on, cell: OnCell },
  { name: columns.reason, cell: ReasonCell },
];

const DETAILS: Details<AuditEntry> = {
  nameOf: ({ action, id }) => texts.entry(deedOf(action), id),
  facts: (entry) => [
    [columns.when, <When key="when" at={entry.created_at} to="second" />],
    [columns.who, <WhoCell key="who" {...entry} />],
    [columns.what, <code key="what">{entry.action}</code>],
    [columns.account, <AccountCell key="account" {...entry} />],
    [columns.on, <OnCell key="on" {...entry} />],
    [columns.reason, entry.reason ?? "–"],
    [texts.request, entry.request_id ?? "–"],
  ],
  more: ({ details }) =>
    Object.keys(details).length > 0 && (
      <pre className="overflow-x-auto rounded bg-raised p-2 text-xs whitespace-pre-wrap">
        {JSON.stringify(details, null, 1)}
      </pre>
    ),
};

/** `/admin/audit`: who did what, and all of it as a file. */
export function AdminAudit() {
  return (
    <AdminPage title={texts.title} lead={texts.lead} aside={<DownloadLog />}>
      <Entries />
    </AdminPage>
  );
}

function Entries() {
  const { api } = useServices();
  const list = useList({
    key: "audit",
    spec: SPEC,
    ask: async ({ before, ...rows }, signal) => {
      const query = { ...rows, ...beforeOf(before) };
      return pageOf(await done(api.GET("/admin/audit-logs", { params: { query }, signal })));
    },
  });
  const next = list.result.data?.next;
  return (
    <>
      <ListPage
        {...list}
        what={texts.what}
        columns={COLUMNS}
        keyOf={({ id }) => String(id)}
        looks={LOOKS}
        details={DETAILS}
      />
      {next != null && <Older before={next} />}
    </>
  );
}

/** The API answers text only to who asks for it. */
function pageOf<Page>(answer: Page | string): Page {
  if (typeof answer === "string") throw new TypeError("text instead of a page");
  return answer;
}

function Older({ before }: { before: number }) {
  const router = useRouter();
  const query = listQueryOf(useSearchParams(), SPEC);
  const filters = { ...query.filters, before: String(before) };
  return (
    <div>
      <Button
        variant="secondary"
        onClick={() => router.push(`/admin/audit${searchOf({ ...query, page: 1, filters }, SPEC)}`)}
      >
        {texts.older}
      </Button>
    </div>
  );
}

function WhoCell({ actor_type, actor_id, ip_address }: AuditEntry) {
  return (
    <span className="grid gap-0.5">
      {activity.actors[actor_type] ?? activity.someone}
      {actor_id && <code className="text-xs wrap-anywhere text-muted">{actor_id}</code>}
      {ip_address && <span className="text-xs text-muted">{texts.from(ip_address)}</span>}
    </span>
  );
}

function WhatCell({ action }: AuditEntry) {
  return (
    <span className="grid gap-0.5">
      {deedOf(action)}
      <code className="text-xs wrap-anywhere text-muted">{action}</code>
    </span>
  );
}

function AccountCell({ account_id, account_email }: AuditEntry) {
  if (!account_id) return "–";
  if (account_email) return <AccountLink id={account_id} email={account_email} />;
  return <code className="text-xs wrap-anywhere">{account_id}</code>;
}

function OnCell({ resource_type, resource_id, account_id }: AuditEntry) {
  // Whose it is stands beside it already.
  const id = resource_id === account_id ? null : resource_id;
  return (
    <span className="grid gap-0.5">
      {words(resource_type)}
      {id && <code className="text-xs wrap-anywhere text-muted">{id}</code>}
    </span>
  );
}

function ReasonCell({ reason }: AuditEntry) {
  return reason ? <span className="block sm:min-w-40">{reason}</span> : "–";
}
