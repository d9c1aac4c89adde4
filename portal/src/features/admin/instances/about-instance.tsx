import type { ReactNode } from "react";

import { CopyValue } from "@/components/copy-value";
import { Facts } from "@/components/facts";
import { Section } from "@/components/section";
import { When } from "@/components/when";
import { StatusBadge } from "@/features/instances/status-badge";
import type { InstanceDetail } from "@/lib/api";
import { texts } from "@/texts/admin-instances";
import { texts as instance } from "@/texts/instance";

import { AccountBadge, AccountLink, PlanName } from "../accounts/account-look";

const { facts: names } = texts;

/** What was wished for an instance and what was seen of it. */
export function AboutInstance({ one }: { one: InstanceDetail }) {
  const { status_reason, status_hint } = one;
  return (
    <Section title={one.name} aside={<StatusBadge instance={one} />} testId="instance">
      {status_reason && (
        <div className="grid gap-1">
          <p className="font-medium">{status_reason}</p>
          {status_hint && <p className="text-muted">{status_hint}</p>}
        </div>
      )}
      <Facts facts={[...wishOf(one), ...whatIs(one)]} />
    </Section>
  );
}

function wishOf(one: InstanceDetail): [string, ReactNode][] {
  const facts: [string, ReactNode][] = [
    [names.account, <Account key="account" one={one} />],
    [names.plan, <PlanName key="plan" tier={one.tier} />],
    [names.wish, names.wishes[one.desired_state] ?? one.desired_state],
    [names.wishNumber, names.ofWishes(one.observed_gen, one.desired_gen)],
    [names.since, <When key="at" at={one.status_since} to="second" />],
  ];
  if (one.status_deadline) {
    facts.push([names.deadline, <When key="at" at={one.status_deadline} to="second" />]);
  }
  if (one.restart_gen > 0) {
    facts.push([names.restarts, names.ofRestarts(one.observed_restart_gen, one.restart_gen)]);
  }
  if (one.repairs > 0) facts.push([names.repairs, one.repairs]);
  if (one.attention_since) {
    facts.push([names.attention, <When key="at" at={one.attention_since} />]);
  }
  return facts;
}

function whatIs(one: InstanceDetail): [string, ReactNode][] {
  const facts: [string, ReactNode][] = [
    [texts.health, instance.status.healths[one.health] ?? one.health],
  ];
  if (one.health_misses > 0) facts.push([names.misses, names.inARow(one.health_misses)]);
  if (one.mindroom_version) facts.push([names.mindroom, one.mindroom_version]);
  if (one.synapse_version) facts.push([names.synapse, one.synapse_version]);
  if (one.owner_matrix_id) facts.push([names.owner, one.owner_matrix_id]);
  facts.push(
    [names.created, <When key="at" at={one.created_at} />],
    [names.id, <CopyValue key="id" text={one.id} what={names.whatId} />],
  );
  if (one.deprovisioned_at)
    facts.push([names.removed, <When key="at" at={one.deprovisioned_at} />]);
  return facts;
}

function Account({ one }: { one: InstanceDetail }) {
  return (
    <span className="flex flex-wrap items-center gap-2">
      <AccountLink id={one.account_id} email={one.account_email} />
      {one.account_status !== "active" && <AccountBadge status={one.account_status} />}
    </span>
  );
}
