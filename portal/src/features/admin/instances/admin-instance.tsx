"use client";

import { useQuery } from "@tanstack/react-query";

import { useCommands } from "@/components/command/use-commands";
import { type Column, DataTable } from "@/components/list/data-table";
import { Section } from "@/components/section";
import { Button } from "@/components/ui/button";
import { Notice } from "@/components/ui/notice";
import { When } from "@/components/when";
import { HealthStrip } from "@/features/instances/health-strip";
import { InstanceEvents } from "@/features/instances/instance-events";
import { StepList } from "@/features/instances/step-list";
import { type AdminJob, done, type InstanceDetail } from "@/lib/api";
import { words } from "@/lib/format";
import { isSettling } from "@/lib/instance-status";
import { useServices } from "@/lib/services";
import { texts as admin } from "@/texts/admin";
import { texts } from "@/texts/admin-instances";
import { texts as health } from "@/texts/health";
import { texts as instance } from "@/texts/instance";
import { texts as jobs } from "@/texts/jobs";

import { AdminPage } from "../admin-page";
import { DetailOf, useNumber } from "../detail";
import { JobBadge, JobLink } from "../jobs/job-look";
import { AboutInstance } from "./about-instance";
import { HealthChecks } from "./health-checks";
import { commandsFor } from "./instance-commands";

/** How often it is read again, while something moves and otherwise (milliseconds). */
const SOON = 2_000;
const NOW_AND_THEN = 15_000;

/** `/admin/instance?id=N`: one instance, what was wished, seen and done, and what can be done with it. */
export function AdminInstancePage() {
  return (
    <AdminPage title={admin.instances.title}>
      <ById />
    </AdminPage>
  );
}

function ById() {
  const { api } = useServices();
  const id = useNumber();
  const result = useQuery({
    queryKey: ["admin", "instance", id],
    queryFn: ({ signal }) =>
      done(api.GET("/admin/instances/{id}", { params: { path: { id: id ?? 0 } }, signal })),
    enabled: id !== null,
    refetchInterval: ({ state }) => (state.data && isSettling(state.data) ? SOON : NOW_AND_THEN),
  });
  return (
    <DetailOf result={result} known={id !== null} none={texts.none}>
      {(one) => <Detail one={one} />}
    </DetailOf>
  );
}

function Detail({ one }: { one: InstanceDetail }) {
  return (
    <>
      <Warnings one={one} />
      <div className="grid grid-cols-1 items-start gap-6 xl:grid-cols-2">
        <AboutInstance one={one} />
        <div className="grid min-w-0 grid-cols-1 gap-6">
          <Actions one={one} />
          <Section title={health.title} lead={health.lead}>
            <HealthStrip hours={one.health_history ?? []} />
          </Section>
          {one.progress.length > 0 && (
            <Section title={instance.status.steps}>
              <StepList steps={one.progress} estimate={one.estimate} />
            </Section>
          )}
        </div>
      </div>
      <Section title={texts.jobs}>
        {one.jobs.length === 0 ? (
          <p className="text-sm text-muted">{texts.noJobs}</p>
        ) : (
          <DataTable
            what={texts.jobs}
            columns={JOBS}
            rows={one.jobs}
            keyOf={({ id }) => String(id)}
          />
        )}
      </Section>
      <HealthChecks checks={one.health_checks} />
      <InstanceEvents events={one.events.toReversed()} steps={one.progress} reader="admin" />
    </>
  );
}

const JOBS: readonly Column<AdminJob>[] = [
  { name: jobs.columns.number, cell: ({ id }) => <JobLink id={id} /> },
  { name: jobs.columns.kind, cell: ({ kind }) => words(kind) },
  { name: jobs.columns.state, cell: ({ state }) => <JobBadge state={state} /> },
  { name: jobs.columns.attempt, cell: ({ attempt }) => attempt, end: true },
  { name: jobs.columns.created, cell: ({ created_at }) => <When at={created_at} to="second" /> },
];

function Warnings({ one }: { one: InstanceDetail }) {
  return (
    <>
      {one.attention_since && <Notice tone="bad">{texts.attention}</Notice>}
      {one.drifted && <Notice tone="warn">{texts.drifted}</Notice>}
      {one.held_with_account && <Notice>{texts.held}</Notice>}
      {one.notice && <Notice>{one.notice}</Notice>}
    </>
  );
}

function Actions({ one }: { one: InstanceDetail }) {
  const { api } = useServices();
  const commands = useCommands();
  const possible = commandsFor(api, one);
  return (
    <Section title={texts.actions}>
      {commands.element}
      {possible.length === 0 && <p className="text-muted">{texts.noActions}</p>}
      <div className="flex flex-wrap gap-2 empty:hidden">
        {possible.map((command) => (
          <Button
            key={command.action}
            variant={command.danger ? "danger" : "secondary"}
            onClick={() => commands.ask(command)}
          >
            {command.action}
          </Button>
        ))}
      </div>
    </Section>
  );
}
