// Answers of the API to administrators, as it could give them, checked against its own types.

import type { components } from "../../../portal/src/lib/api.generated";
import { eventsOf, HEALTH, HOBBY, INVOICES, RUNNING } from "./answers";

type Schemas = components["schemas"];

const ACCOUNT = "0198c0de-0000-7000-8000-000000000001";

function at(time: string): string {
  return `2026-11-24T${time}Z`;
}

/**
 * The sums agree with one another: of the active subscriptions 850 are to the free plan, and those by plan are the
 * active ones, those on trial and those past due. About a fifth pays by the year.
 */
export const STATS: Schemas["AdminStats"] = {
  accounts: 1_284,
  active_subscriptions: 311,
  running_instances: 318,
  accounts_by_status: { active: 1_240, pending_verification: 31, suspended: 9, deleted: 4 },
  instances_by_status: {
    running: 318,
    stopped: 22,
    provisioning: 3,
    degraded: 2,
    error: 1,
    deprovisioned: 74,
  },
  subscriptions_by_status: { active: 1_161, trialing: 26, past_due: 5, cancelled: 61 },
  subscriptions_by_tier: { free: 850, byok: 121, hobby: 188, pro: 32, enterprise: 1 },
  monthly_revenue: { currency: "usd", amount: 1_010_000, on_trial: 62_000, without_price: 1 },
  jobs_by_state: { queued: 4, running: 2, dead: 3 },
  webhook_events_waiting: 1,
  recent_activity: [
    activity(5, "11:58:00", "admin", "account.suspend", "account", ACCOUNT),
    activity(4, "11:57:10", "admin", "job.retry", "job", "4711"),
    activity(3, "11:56:00", "account", "instance.restart", "instance", "7"),
    activity(2, "11:55:31", "stripe", "webhook.received", "webhook_event", "evt_1"),
    activity(1, "11:50:00", "account", "account.setup", "subscription", "1"),
  ],
};

function activity(
  id: number,
  time: string,
  actor_type: string,
  action: string,
  resource_type: string,
  resource_id: string,
): Schemas["Activity"] {
  return {
    id,
    created_at: at(time),
    actor_type,
    actor_id: null,
    action,
    resource_type,
    resource_id,
    account_id: ACCOUNT,
  };
}

/** Thirty days, fewer people at weekends, today not over yet. */
export const DASHBOARD: Schemas["AdminDashboard"] = {
  total_accounts: STATS.accounts,
  active_subscriptions: STATS.active_subscriptions,
  total_instances: 346,
  instances_by_status: STATS.instances_by_status,
  subscriptions_by_tier: STATS.subscriptions_by_tier,
  subscription_revenue: STATS.monthly_revenue.amount / 100,
  monthly_revenue: STATS.monthly_revenue,
  // No page shows these.
  recent_signups: [],
  recent_instances: [],
  days: Array.from({ length: 30 }, (_, at) => ({
    day: new Date(Date.parse("2026-10-26") + at * 86_400_000).toISOString().slice(0, 10),
    signups: (at % 7 < 5 ? 6 : 2) + ((at * 5) % 7),
    instances: at % 7 < 5 ? 1 + ((at * 3) % 4) : at % 2,
    paid: 16_000 + ((at * 7) % 11) * 4_000,
    ended: at % 5 === 3 ? 2 : at % 3 === 1 ? 1 : 0,
  })),
};

export const DEAD_JOB: Schemas["AdminJob"] = {
  id: 4711,
  lane: "instance:0198c0de-0000-7000-8000-000000000003",
  kind: "reconcile-instance",
  class: "interactive",
  state: "dead",
  attempt: 8,
  crashes: 1,
  account_id: ACCOUNT,
  account_email: "ada.lovelace@example.com",
  instance_id: 7,
  subdomain: "acme",
  created_at: at("11:20:00"),
  run_at: at("11:52:00"),
  claimed_at: at("11:52:01"),
  finished_at: null,
  error: {
    class: "transient",
    message:
      "start MindRoom: the process ended before it answered: exit status 1: the port 31007 is in use",
  },
  trace_id: "0af7651916cd43dd8448eb211c80319c",
  actions: ["retry", "discard"],
};

const RUNNING_JOB: Schemas["AdminJob"] = {
  ...DEAD_JOB,
  id: 4720,
  state: "running",
  attempt: 1,
  crashes: 0,
  subdomain: "analytical-engine",
  account_email: "charles.babbage@example.com",
  created_at: at("11:59:10"),
  error: null,
  actions: ["cancel"],
};

export const JOBS: Schemas["AdminJobList"] = {
  data: [
    RUNNING_JOB,
    {
      ...DEAD_JOB,
      id: 4719,
      lane: "billing",
      kind: "reconcile-billing",
      class: "bulk",
      state: "queued",
      attempt: 0,
      crashes: 0,
      account_id: null,
      account_email: null,
      instance_id: null,
      subdomain: null,
      error: null,
      actions: ["cancel"],
    },
    DEAD_JOB,
    { ...DEAD_JOB, id: 4705, subdomain: "lab", actions: ["retry", "discard"] },
    {
      ...RUNNING_JOB,
      id: 4700,
      state: "done",
      subdomain: "acme",
      finished_at: at("11:30:00"),
      actions: [],
    },
  ],
  total: 105,
};

const ADA = "ada.lovelace@example.com";

/** An object of any kind, for which the document has no better type. */
const DETAILS = { status_before: "active", instances: 1 } as unknown as Record<string, never>;

const ENTRIES: Schemas["AuditEntry"][] = [
  entry(9, "11:58:00", "admin", "account.suspend", { reason: "Did not pay since May" }),
  entry(8, "11:57:10", "admin", "job.retry", { resource_type: "job", resource_id: "4711" }),
  entry(7, "11:56:00", "account", "instance.restart", { resource_type: "instance" }),
  entry(6, "11:55:31", "stripe", "webhook.received", { resource_type: "webhook_event" }),
  entry(5, "11:50:00", "account", "account.setup", {}),
  entry(4, "11:49:00", "admin", "GET /admin/accounts", { account_id: null, account_email: null }),
];

function entry(
  id: number,
  time: string,
  actor_type: string,
  action: string,
  more: Partial<Schemas["AuditEntry"]>,
): Schemas["AuditEntry"] {
  return {
    id,
    created_at: at(time),
    actor_type,
    actor_id: null,
    action,
    resource_type: "account",
    resource_id: ACCOUNT,
    account_id: ACCOUNT,
    account_email: ADA,
    reason: null,
    details: DETAILS,
    ip_address: "203.0.113.7",
    request_id: "req-0001",
    ...more,
  };
}

export const AUDIT = { data: ENTRIES, total: 31_204, next: 1204 };

export const ACCOUNT_DETAIL: Schemas["AdminAccountDetail"] = {
  account: {
    id: ACCOUNT,
    email: ADA,
    full_name: "Ada Lovelace",
    company_name: "Analytical Engines",
    status: "active",
    is_admin: false,
    tier: "hobby",
    subscription_status: "trialing",
    instances: 1,
    stripe_customer_id: "cus_test",
    created_at: at("10:00:00"),
    updated_at: at("11:50:00"),
    deleted_at: null,
    consent_marketing: false,
    consent_analytics: true,
    notes: "Wants a larger room for the engine.",
  },
  subscription: HOBBY,
  subscriptions: [HOBBY],
  instances: [RUNNING],
  payments: INVOICES,
  activity: ENTRIES.slice(0, 5),
  deletion: null,
};

/** The same, being deleted for good. */
export const ACCOUNT_GOING: Schemas["AdminAccountDetail"] = {
  ...ACCOUNT_DETAIL,
  account: { ...ACCOUNT_DETAIL.account, status: "deleted", deleted_at: at("11:59:00") },
  deletion: {
    requested_at: at("11:59:00"),
    due_at: at("11:59:00"),
    begun_at: at("11:59:00"),
    instances_left: 1,
    job: {
      ...RUNNING_JOB,
      id: 4722,
      lane: `account:${ACCOUNT}`,
      kind: "delete-account",
      class: "bulk",
      account_email: ADA,
      instance_id: null,
      subdomain: null,
    },
  },
};

export const INSTANCE_DETAIL: Schemas["AdminInstanceDetail"] = {
  ...RUNNING,
  account_email: ADA,
  account_status: "active",
  held_with_account: false,
  desired_gen: 4,
  observed_gen: 4,
  restart_gen: 1,
  observed_restart_gen: 1,
  status_deadline: null,
  health_misses: 0,
  deprovisioned_at: null,
  drifted: false,
  repairs: 0,
  health_history: HEALTH,
  estimate: null,
  jobs: [{ ...RUNNING_JOB, state: "done", actions: [], finished_at: at("11:59:20") }, DEAD_JOB],
  events: eventsOf(RUNNING).events.toReversed(),
  health_checks: [
    check("11:59:30", 42, null),
    check("11:58:30", 38, null),
    check("11:57:30", 5000, "the homeserver did not answer within 5 s"),
  ],
};

function check(time: string, latency_ms: number, detail: string | null) {
  return { checked_at: at(time), healthy: detail === null, latency_ms, detail };
}

export const SUBSCRIPTIONS = {
  data: [
    { ...HOBBY, account_email: ADA },
    {
      ...HOBBY,
      id: "0198c0de-0000-7000-8000-000000000012",
      tier: "pro",
      billing_cycle: "yearly",
      status: "active",
      cancel_at_period_end: true,
      account_email: "charles.babbage@example.com",
    },
    {
      ...HOBBY,
      id: "0198c0de-0000-7000-8000-000000000013",
      tier: "byok",
      status: "past_due",
      account_email: "grace.hopper@example.com",
    },
  ],
  total: 3,
};

export const PAYMENT_LIST = {
  data: INVOICES.map((one) => ({ ...one, account_email: ADA })),
  total: 3,
};

export const USAGE_LIST = {
  data: [24, 23, 22].map((day) => ({
    id: `0198c0de-0000-7000-8000-0000000000${day}`,
    subscription_id: HOBBY.id,
    metric_date: `2026-11-${day}`,
    messages_sent: 40 * day,
    agents_used: 3,
    storage_used_gb: 1.25,
    created_at: at("11:00:00"),
    account_id: ACCOUNT,
    account_email: ADA,
    tier: "hobby",
  })),
  total: 3,
};

function event(id: string, type: string, state: string, outcome: string | null) {
  return {
    id,
    type,
    object_type: "subscription",
    object_id: "sub_test",
    customer_id: "cus_test",
    account_id: state === "parked" ? null : ACCOUNT,
    account_email: state === "parked" ? null : ADA,
    livemode: false,
    api_version: "2026-06-30",
    state,
    outcome,
    deliveries: state === "parked" ? 3 : 1,
    created_at: at("11:55:30"),
    received_at: at("11:55:31"),
    processed_at: state === "processed" ? at("11:55:32") : null,
  } satisfies Schemas["AdminWebhookEvent"];
}

export const WEBHOOKS = {
  data: [
    event("evt_3", "customer.subscription.updated", "processed", "applied"),
    event("evt_2", "invoice.paid", "waiting", null),
    event("evt_1", "customer.subscription.created", "parked", "unknown customer"),
  ],
  total: 3,
};
