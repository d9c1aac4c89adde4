import type { ReactNode } from "react";

import { Facts } from "@/components/facts";
import { Section } from "@/components/section";
import { When } from "@/components/when";
import type { AccountDetail } from "@/lib/api";
import { texts } from "@/texts/admin-accounts";

import { JobBadge, JobLink } from "../jobs/job-look";

type Deletion = NonNullable<AccountDetail["deletion"]>;

/** How far the end of an account is, and the job that does it. */
export function AccountDeletion({ deletion }: { deletion: Deletion }) {
  return (
    <Section title={texts.deletion.title} lead={meaningOf(deletion)} testId="account-deletion">
      <Facts facts={factsOf(deletion)} />
    </Section>
  );
}

function meaningOf({ begun_at, job }: Deletion): string {
  const { waits, underWay, stopped } = texts.deletion;
  if (!begun_at) return waits;
  return !job || job.finished_at ? stopped : underWay;
}

function factsOf({ requested_at, due_at, begun_at, instances_left, job }: Deletion) {
  const names = texts.deletion;
  const facts: [string, ReactNode][] = [
    [names.requested, <When key="at" at={requested_at} />],
    begun_at
      ? [names.begun, <When key="at" at={begun_at} />]
      : [names.due, <When key="at" at={due_at} />],
    [names.left, instances_left],
  ];
  if (!job) return [...facts, [names.job, names.noJob] as [string, ReactNode]];
  const link = (
    <span key="job" className="inline-flex flex-wrap items-center gap-2">
      <JobLink id={job.id} />
      <JobBadge state={job.state} />
    </span>
  );
  facts.push([names.job, link]);
  if (job.error) facts.push([names.error, job.error.message ?? job.error.class]);
  return facts;
}
