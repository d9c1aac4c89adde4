"use client";

import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";

import { useCommands } from "@/components/command/use-commands";
import { CopyValue } from "@/components/copy-value";
import { Facts } from "@/components/facts";
import { Section } from "@/components/section";
import { TextLink } from "@/components/text-link";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { When } from "@/components/when";
import { sentenceOf } from "@/features/activity/activity-sentence";
import { Entries } from "@/features/activity/entries";
import { type AccountDetail, done } from "@/lib/api";
import { useServices } from "@/lib/services";
import { texts as admin } from "@/texts/admin";
import { texts } from "@/texts/admin-accounts";

import { AdminPage } from "../admin-page";
import { DetailOf, useUuid } from "../detail";
import { AccountBadge, PlanAndStatus } from "./account-look";
import { commandsFor } from "./account-commands";
import { AccountBelongings } from "./account-belongings";
import { AccountDeletion } from "./account-deletion";
import { EditAccount } from "./edit-account";

/** How often it is read again while it is being deleted (milliseconds). */
const LOOK_EVERY = 3_000;

/** `/admin/account?id=…`: one account, what belongs to it, and what can be done with it. */
export function AdminAccountPage() {
  return (
    <AdminPage title={admin.accounts.title}>
      <ById />
    </AdminPage>
  );
}

function ById() {
  const { api } = useServices();
  const id = useUuid();
  const account = useQuery({
    queryKey: ["admin", "account", id],
    queryFn: ({ signal }) =>
      done(api.GET("/admin/accounts/{id}", { params: { path: { id: id ?? "" } }, signal })),
    enabled: id !== null,
    refetchInterval: ({ state }) =>
      state.data?.deletion?.begun_at && !state.error ? LOOK_EVERY : false,
  });
  // What was seen on its way out, and is no more, went for good.
  const none = account.data?.deletion ? texts.gone : texts.none;
  return (
    <DetailOf result={account} known={id !== null} none={none}>
      {(detail) => <Account key={detail.account.id} detail={detail} />}
    </DetailOf>
  );
}

function Account({ detail }: { detail: AccountDetail }) {
  const { account, activity, deletion } = detail;
  return (
    <>
      <div className="grid grid-cols-1 items-start gap-6 xl:grid-cols-2">
        <div className="grid min-w-0 grid-cols-1 gap-6">
          {deletion && <AccountDeletion deletion={deletion} />}
          <About detail={detail} />
          <Actions detail={detail} />
          <EditAccount account={account} />
        </div>
        <div className="grid min-w-0 grid-cols-1 gap-6">
          <AccountBelongings detail={detail} />
        </div>
      </div>
      <Section
        title={texts.activity}
        aside={
          <TextLink href={`/admin/audit?account_id=${account.id}`} className="text-sm">
            {texts.allActivity}
          </TextLink>
        }
      >
        <Entries
          entries={activity}
          empty={texts.noActivity}
          sentence={sentenceOf}
          more={({ reason }) => reason ?? null}
        />
      </Section>
    </>
  );
}

function About({ detail: { account, subscription } }: { detail: AccountDetail }) {
  const { facts: names } = texts;
  const yes = (is: boolean) => (is ? names.yes : names.no);
  const plan = subscription ?? { tier: account.tier, status: null };
  const facts: [string, ReactNode][] = [
    [names.name, account.full_name ?? "–"],
    [names.company, account.company_name ?? "–"],
    [names.plan, <PlanAndStatus key="plan" tier={plan.tier} status={plan.status} />],
    [names.since, <When key="at" at={account.created_at} />],
    [names.changed, <When key="at" at={account.updated_at} />],
    [names.news, yes(account.consent_marketing)],
    [names.counted, yes(account.consent_analytics)],
    [names.id, <CopyValue key="id" text={account.id} what={names.whatId} />],
  ];
  if (account.deleted_at) facts.push([names.deleted, <When key="at" at={account.deleted_at} />]);
  if (account.stripe_customer_id) {
    const customer = account.stripe_customer_id;
    const copy = <CopyValue key="id" text={customer} what={names.whatCustomer} />;
    facts.push([names.customer, copy]);
  }
  return (
    <Section
      title={account.email}
      testId="account"
      aside={
        <span className="flex gap-2">
          {account.is_admin && <Badge tone="brand">{admin.admin}</Badge>}
          <AccountBadge status={account.status} />
        </span>
      }
    >
      <Facts facts={facts} />
    </Section>
  );
}

function Actions({ detail }: { detail: AccountDetail }) {
  const { api } = useServices();
  const commands = useCommands();
  const possible = commandsFor(api, detail);
  if (possible.length === 0) return null;
  return (
    <Section title={texts.actions}>
      {commands.element}
      <div className="flex flex-wrap gap-2">
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
