"use client";

import { BulkBar } from "@/components/command/bulk-bar";
import type { BulkCommand } from "@/components/command/bulk-dialog";
import { type Column } from "@/components/list/data-table";
import { ListPage } from "@/components/list/list-page";
import type { ListSpec } from "@/components/list/list-query";
import { useList } from "@/components/list/use-list";
import { When } from "@/components/when";
import { type AdminJob, type Api, done } from "@/lib/api";
import { words } from "@/lib/format";
import { JOB_STATES, jobLookOf } from "@/lib/job-state";
import { useServices } from "@/lib/services";
import { texts } from "@/texts/jobs";

import { AdminPage } from "../admin-page";
import { actionsOf, actOn } from "./job-commands";
import { JobAbout, JobBadge, JobLink } from "./job-look";

const { columns } = texts;

const SPEC: ListSpec<"state"> = {
  sorts: ["id", "kind", "state", "attempt", "created_at"],
  first: { sort: "created_at", order: "DESC" },
  filters: { state: JOB_STATES },
};

const LOOKS = [
  {
    name: "state" as const,
    label: texts.state,
    options: JOB_STATES.map((value) => ({ value, label: jobLookOf(value).label })),
  },
];

const COLUMNS: readonly Column<AdminJob>[] = [
  { name: columns.number, cell: ({ id }) => <JobLink id={id} />, sort: "id" },
  { name: columns.kind, cell: ({ kind }) => words(kind), sort: "kind" },
  { name: columns.state, cell: ({ state }) => <JobBadge state={state} />, sort: "state" },
  { name: columns.about, cell: (job) => <JobAbout {...job} /> },
  { name: columns.attempt, cell: ({ attempt }) => attempt, sort: "attempt", end: true },
  { name: columns.error, cell: ErrorCell },
  { name: columns.created, cell: ({ created_at }) => <When at={created_at} />, sort: "created_at" },
];

/** How often the list is read again (milliseconds). */
const LOOK_EVERY = 5_000;

/** `/admin/jobs`: the queue, its dead letters and its history. */
export function AdminJobs() {
  return (
    <AdminPage title={texts.title} lead={texts.lead}>
      <Jobs />
    </AdminPage>
  );
}

function Jobs() {
  const { api } = useServices();
  const list = useList({
    key: "jobs",
    spec: SPEC,
    ask: (query, signal) => done(api.GET("/admin/jobs", { params: { query }, signal })),
    every: LOOK_EVERY,
  });
  return (
    <ListPage
      {...list}
      what={texts.what}
      columns={COLUMNS}
      keyOf={({ id }) => String(id)}
      looks={LOOKS}
      bulk={{
        nameOf,
        bar: (rows, unselect) => (
          <BulkBar
            rows={rows}
            commands={[bulk(api, "retry"), bulk(api, "discard")]}
            unselect={unselect}
          />
        ),
      }}
    />
  );
}

function nameOf(job: AdminJob): string {
  const about = job.subdomain ?? job.account_email;
  return [texts.one(job.id), words(job.kind), about].filter(Boolean).join(", ");
}

function ErrorCell({ error }: AdminJob) {
  if (!error) return "–";
  return (
    <span className="line-clamp-2 max-w-md wrap-anywhere text-muted">
      {error.message ?? error.class}
    </span>
  );
}

/** Dead jobs are the ones of which there may be many at once, after something they all need was down. */
function bulk(api: Api, action: "retry" | "discard"): BulkCommand<AdminJob> {
  const { retryTitle, retryText, discardTitle, discardText, notDead } = texts.bulk;
  const retry = action === "retry";
  return {
    title: retry ? retryTitle : discardTitle,
    text: retry ? retryText : discardText,
    action: texts.bulk[action],
    danger: !retry,
    nameOf,
    refusal: (job) =>
      actionsOf(job).includes(action) ? null : notDead(jobLookOf(job.state).label),
    reason: true,
    run: (job, reason) => actOn(api, job, action, reason),
  };
}
