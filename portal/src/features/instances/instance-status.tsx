import { Facts } from "@/components/facts";
import { Card, CardTitle } from "@/components/ui/card";
import type { Instance } from "@/lib/api";
import { dateTime } from "@/lib/format";
import { isReachable } from "@/lib/instance-status";

import { StepList } from "./step-list";

/** How it is, why, what comes next, and how far the work is. */
export function InstanceStatus({ instance }: { instance: Instance }) {
  const { status_reason, status_hint, progress } = instance;
  return (
    <Card className="grid gap-4">
      <CardTitle>Status</CardTitle>
      {(status_reason || status_hint) && (
        <div role="status" className="grid gap-1">
          {status_reason && (
            <p className="font-medium" data-testid="status-reason">
              {status_reason}
            </p>
          )}
          {status_hint && (
            <p className="text-muted" data-testid="status-hint">
              {status_hint}
            </p>
          )}
        </div>
      )}
      {progress.length > 0 && <StepList steps={progress} />}
      <Facts facts={factsOf(instance)} />
    </Card>
  );
}

function factsOf(instance: Instance): [string, string][] {
  const facts: [string, string][] = [["Since", dateTime(instance.status_since)]];
  if (isReachable(instance)) facts.push(["Health", healthText(instance)]);
  if (instance.mindroom_version) facts.push(["MindRoom", instance.mindroom_version]);
  if (instance.synapse_version) facts.push(["Synapse", instance.synapse_version]);
  facts.push(["Plan", instance.tier], ["Created", dateTime(instance.created_at)]);
  return facts;
}

function healthText({ health, health_checked_at }: Instance): string {
  if (health === "unknown" || !health_checked_at) return "not checked yet";
  return `${health}, checked ${dateTime(health_checked_at)}`;
}
