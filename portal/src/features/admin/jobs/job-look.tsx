import { Badge } from "@/components/ui/badge";
import { TextLink } from "@/components/text-link";
import type { AdminJob } from "@/lib/api";
import { jobLookOf } from "@/lib/job-state";
import { texts } from "@/texts/jobs";

import { AccountLink } from "../accounts/account-look";

/** A job's state as a coloured word. */
export function JobBadge({ state }: { state: string }) {
  const { label, tone } = jobLookOf(state);
  return (
    <Badge tone={tone} data-testid="job-state" data-state={state}>
      {label}
    </Badge>
  );
}

/** What it is about: an instance, an account, or the platform itself. */
export function JobAbout(job: AdminJob) {
  const { instance_id, subdomain, account_email, lane } = job;
  if (instance_id != null) {
    return (
      <TextLink href={`/admin/instance?id=${instance_id}`}>{subdomain ?? instance_id}</TextLink>
    );
  }
  if (account_email) return <JobAccount {...job} />;
  return <span className="text-muted">{`${texts.platform} (${lane})`}</span>;
}

/** Whose it is; the platform's own where it is nobody's. */
export function JobAccount({ account_id, account_email }: AdminJob) {
  if (!account_id || !account_email) return texts.platform;
  return <AccountLink id={account_id} email={account_email} />;
}

/** Its number, which leads to its page. */
export function JobLink({ id }: { id: number }) {
  return <TextLink href={`/admin/job?id=${id}`}>{id}</TextLink>;
}
