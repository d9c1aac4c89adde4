"use client";

import { AfterDots } from "@/components/after-dots";
import type { Given } from "@/components/command/command";
import { useCommands } from "@/components/command/use-commands";
import { CopyValue } from "@/components/copy-value";
import type { Column } from "@/components/list/data-table";
import { ListPage } from "@/components/list/list-page";
import type { ListSpec } from "@/components/list/list-query";
import type { Details } from "@/components/list/row-details";
import { useList } from "@/components/list/use-list";
import { Badge, type Tone } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { When } from "@/components/when";
import { type Api, done, type WebhookEvent } from "@/lib/api";
import { words } from "@/lib/format";
import { useServices } from "@/lib/services";
import { texts as billing } from "@/texts/admin-billing";

import { AccountLink } from "../accounts/account-look";
import { oneOf } from "../admin-list";
import { AdminPage } from "../admin-page";

const { webhooks: texts, filters } = billing;
const { columns } = texts;

const TONES: Readonly<Record<string, Tone>> = {
  waiting: "brand",
  parked: "warn",
  processed: "good",
};
const STATES = Object.keys(TONES);
const labelOf = (state: string) => texts.states[state] ?? words(state);

const SPEC: ListSpec<"state" | "type" | "account_id"> = {
  sorts: ["received_at", "type", "deliveries"],
  first: { sort: "received_at", order: "DESC" },
  filters: { state: STATES, type: "text", account_id: "text" },
};

const LOOKS = [oneOf("state", filters.state, STATES, labelOf)];

const DETAILS: Details<WebhookEvent> = {
  nameOf: ({ type }) => type,
  facts: (event) => [
    [texts.id, <CopyValue key="id" text={event.id} what={texts.id} />],
    [columns.about, <AboutCell key="about" {...event} />],
    [columns.state, <StateCell key="state" {...event} />],
    [columns.outcome, event.outcome ?? "–"],
    [columns.deliveries, event.deliveries],
    [texts.happened, <When key="happened" at={event.created_at} to="second" />],
    [columns.received, <When key="received" at={event.received_at} to="second" />],
    [texts.processed, <When key="processed" at={event.processed_at} to="second" />],
    [texts.object, `${event.object_type} ${event.object_id ?? "–"}`],
    [texts.customer, event.customer_id ?? "–"],
    [texts.mode, event.livemode ? texts.live : texts.test],
    [texts.version, event.api_version ?? "–"],
  ],
};

/** How often the list is read again (milliseconds). */
const LOOK_EVERY = 10_000;

/** `/admin/webhooks`: what Stripe told, what became of it, and acting on it again. */
export function AdminWebhooks() {
  return (
    <AdminPage title={texts.title} lead={texts.lead}>
      <Events />
    </AdminPage>
  );
}

function Events() {
  const { api } = useServices();
  const commands = useCommands();
  const list = useList({
    key: "webhooks",
    spec: SPEC,
    ask: (query, signal) => done(api.GET("/admin/webhook-events", { params: { query }, signal })),
    every: LOOK_EVERY,
  });
  const replay = (event: WebhookEvent) => commands.ask(replayOf(api, event));
  return (
    <>
      {commands.element}
      <ListPage
        {...list}
        what={texts.what}
        columns={columnsWith(replay)}
        keyOf={({ id }) => id}
        looks={LOOKS}
        details={DETAILS}
      />
    </>
  );
}

function replayOf(api: Api, { id, type }: WebhookEvent) {
  const { title, text, action, done: taken } = texts.replay;
  return {
    title,
    text: text(type, id),
    action,
    reason: true,
    run: ({ reason }: Given) => {
      const params = { path: { id } };
      return done(api.POST("/admin/webhook-events/{id}/replay", { params, body: { reason } }));
    },
    done: taken(id),
  };
}

function columnsWith(replay: (event: WebhookEvent) => void): readonly Column<WebhookEvent>[] {
  return [
    { name: columns.type, cell: TypeCell, sort: "type" },
    { name: columns.about, cell: AboutCell },
    { name: columns.state, cell: StateCell },
    { name: columns.outcome, cell: ({ outcome }) => outcome ?? "–" },
    {
      name: columns.deliveries,
      cell: ({ deliveries }) => deliveries,
      sort: "deliveries",
      end: true,
    },
    {
      name: columns.received,
      cell: ({ received_at }) => <When at={received_at} />,
      sort: "received_at",
    },
    {
      name: columns.replay,
      cell: (event) => (
        <Button size="small" variant="secondary" onClick={() => replay(event)}>
          {texts.replay.action}
          <span className="sr-only">{event.id}</span>
        </Button>
      ),
    },
  ];
}

function TypeCell({ id, type }: WebhookEvent) {
  return (
    <span className="grid gap-0.5">
      <span className="max-sm:wrap-anywhere">
        <AfterDots text={type} />
      </span>
      <code className="text-xs wrap-anywhere text-muted">{id}</code>
    </span>
  );
}

function AboutCell({ account_id, account_email, object_id, customer_id }: WebhookEvent) {
  if (account_id && account_email) return <AccountLink id={account_id} email={account_email} />;
  return <code className="text-xs wrap-anywhere">{customer_id ?? object_id ?? "–"}</code>;
}

function StateCell({ state }: WebhookEvent) {
  return (
    <Badge tone={TONES[state] ?? "neutral"} title={texts.meanings[state]}>
      {labelOf(state)}
    </Badge>
  );
}
