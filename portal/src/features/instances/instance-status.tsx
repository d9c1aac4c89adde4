"use client";

import { ExternalLink } from "lucide-react";
import type { ReactNode } from "react";

import { Facts } from "@/components/facts";
import { ButtonLink } from "@/components/ui/button";
import { Card, CardTitle } from "@/components/ui/card";
import { usePlanName } from "@/features/pricing/use-plan-name";
import type { Instance } from "@/lib/api";
import { dateTime } from "@/lib/format";
import { isReachable } from "@/lib/instance-status";
import { texts } from "@/texts/instance";

import { CancelJob } from "./cancel-job";
import { QueuePosition } from "./queue-position";
import { StepList } from "./step-list";

/** How it is, why, what comes next, and how far the work is. */
export function InstanceStatus({ instance }: { instance: Instance }) {
  const { status, status_reason, status_hint, progress } = instance;
  const plan = usePlanName(instance.tier);
  const running = status === "running";
  const hint = running ? texts.status.signInFirst : status_hint;
  return (
    <Card className="grid gap-5">
      <CardTitle>{texts.status.title}</CardTitle>
      <div role="status" className="grid gap-1">
        <p className="font-medium" data-testid="status-reason">
          {status_reason ?? texts.meanings[status] ?? texts.labels[status]}
        </p>
        {hint && (
          <p className="text-pretty text-muted" data-testid="status-hint">
            {hint}
          </p>
        )}
      </div>
      {running && (
        <div>
          <ButtonLink>
            <a href={instance.frontend_url} target="_blank" rel="noreferrer">
              {texts.status.openDashboard}
              <ExternalLink aria-hidden className="size-4" />
            </a>
          </ButtonLink>
        </div>
      )}
      {instance.job?.state === "queued" && <QueuePosition jobId={instance.job.id} />}
      {progress.length > 0 && <StepList steps={progress} estimate={instance.estimate} />}
      {instance.job && <CancelJob jobId={instance.job.id} />}
      <Facts facts={factsOf(instance, plan)} />
    </Card>
  );
}

function factsOf(instance: Instance, plan: string): [string, ReactNode][] {
  const { status: words } = texts;
  const facts: [string, ReactNode][] = [
    [words.since, <Time key="at" at={instance.status_since} />],
  ];
  if (isReachable(instance)) facts.push([words.health, healthText(instance)]);
  if (instance.mindroom_version) facts.push([words.mindroom, instance.mindroom_version]);
  if (instance.synapse_version) facts.push([words.synapse, instance.synapse_version]);
  facts.push([words.plan, plan], [words.created, <Time key="at" at={instance.created_at} />]);
  return facts;
}

function Time({ at }: { at: string }) {
  return (
    <time dateTime={at} data-dynamic>
      {dateTime(at)}
    </time>
  );
}

function healthText({ health, health_checked_at }: Instance): string {
  const { healths, checked } = texts.status;
  if (health === "unknown" || !health_checked_at) return healths["unknown"] ?? "";
  return `${healths[health] ?? health}, ${checked(dateTime(health_checked_at))}`;
}
