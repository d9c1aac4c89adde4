"use client";

import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";

import { useCommands } from "@/components/command/use-commands";
import { CopyValue } from "@/components/copy-value";
import { Facts } from "@/components/facts";
import { TextLink } from "@/components/text-link";
import { Button } from "@/components/ui/button";
import { Card, CardTitle } from "@/components/ui/card";
import { type AdminJob, done } from "@/lib/api";
import { dateTimeToSecond, words } from "@/lib/format";
import { useServices } from "@/lib/services";
import { texts } from "@/texts/jobs";

import { AdminPage } from "../admin-page";
import { DetailOf, useNumber } from "../detail";
import { actionsOf, jobCommand } from "./job-commands";
import { JobAccount, JobBadge } from "./job-look";

/** How often it is read again while it is in the queue (milliseconds). */
const LOOK_EVERY = 3_000;

/** `/admin/job?id=N`: one job, and what can be done with it. */
export function AdminJobPage() {
  return (
    <AdminPage title={texts.title}>
      <ById />
    </AdminPage>
  );
}

function ById() {
  const { api } = useServices();
  const id = useNumber();
  const job = useQuery({
    queryKey: ["admin", "job", id],
    queryFn: ({ signal }) =>
      done(api.GET("/admin/jobs/{id}", { params: { path: { id: id ?? 0 } }, signal })),
    enabled: id !== null,
    refetchInterval: ({ state }) => (state.data && !state.data.finished_at ? LOOK_EVERY : false),
  });
  return (
    <DetailOf result={job} known={id !== null} none={texts.none}>
      {(one) => <Job job={one} />}
    </DetailOf>
  );
}

function Job({ job }: { job: AdminJob }) {
  const commands = useCommands();
  const { api } = useServices();
  const actions = actionsOf(job);
  return (
    <>
      {commands.element}
      <div className="grid grid-cols-1 items-start gap-6 xl:grid-cols-[3fr_2fr]">
        <Card className="grid gap-5">
          <div className="flex flex-wrap items-center gap-3">
            <CardTitle>{texts.one(job.id)}</CardTitle>
            <JobBadge state={job.state} />
          </div>
          <p>{texts.meanings[job.state]}</p>
          <Facts facts={factsOf(job)} />
        </Card>
        <div className="grid min-w-0 grid-cols-1 gap-6">
          <Card className="grid gap-4">
            <CardTitle>{texts.actions.title}</CardTitle>
            {actions.length === 0 && <p className="text-muted">{texts.actions.none}</p>}
            <div className="flex flex-wrap gap-2 empty:hidden">
              {actions.map((action) => (
                <Button
                  key={action}
                  variant={action === "retry" ? "primary" : "danger"}
                  onClick={() => commands.ask(jobCommand(api, job, action))}
                >
                  {texts.actions[action].action}
                </Button>
              ))}
            </div>
          </Card>
          {job.error && (
            <Card className="grid gap-3" data-testid="job-error">
              <CardTitle>{texts.error}</CardTitle>
              <p className="font-medium">{words(job.error.class)}</p>
              {job.error.message && (
                <pre className="max-h-80 overflow-auto rounded-lg bg-raised p-3 text-sm whitespace-pre-wrap wrap-anywhere">
                  {job.error.message}
                </pre>
              )}
            </Card>
          )}
        </div>
      </div>
    </>
  );
}

function factsOf(job: AdminJob): [string, ReactNode][] {
  const { facts: names } = texts;
  const facts: [string, ReactNode][] = [
    [names.kind, words(job.kind)],
    [names.lane, <code key="lane">{job.lane}</code>],
    [names.class, job.class],
    [names.account, <JobAccount key="account" {...job} />],
    [names.attempts, names.attemptsOf(job.attempt, job.crashes)],
    [names.created, dateTimeToSecond(job.created_at)],
  ];
  if (job.instance_id != null) {
    const link = (
      <TextLink key="instance" href={`/admin/instance?id=${job.instance_id}`}>
        {job.subdomain ?? job.instance_id}
      </TextLink>
    );
    facts.splice(4, 0, [names.instance, link]);
  }
  if (job.run_at) facts.push([names.due, dateTimeToSecond(job.run_at)]);
  if (job.claimed_at) facts.push([names.claimed, dateTimeToSecond(job.claimed_at)]);
  if (job.finished_at) facts.push([names.finished, dateTimeToSecond(job.finished_at)]);
  if (job.trace_id) {
    facts.push([names.trace, <CopyValue key="id" text={job.trace_id} what={names.whatTrace} />]);
  }
  return facts;
}
