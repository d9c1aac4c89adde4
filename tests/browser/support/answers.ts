// Answers of the API as it could give them, checked against its own types: what the tests of looks and of
// trouble show pages instead of the real ones.

import type { components } from "../../../portal/src/lib/api.generated";

type Schemas = components["schemas"];
export type Instance = Schemas["Instance"];
export type Subscription = Schemas["Subscription"];

/** The moment at which these tests are: answers tell of the minutes before. */
export const NOW = new Date("2026-11-24T12:00:00Z");

const ACCOUNT = "0198c0de-0000-7000-8000-000000000001";
const SUBSCRIPTION = "0198c0de-0000-7000-8000-000000000002";

function at(time: string): string {
  return `2026-11-24T11:${time}Z`;
}

export const PERSON = { id: ACCOUNT, email: "ada.lovelace@example.com" };

export const HOBBY: Subscription = {
  id: SUBSCRIPTION,
  account_id: ACCOUNT,
  tier: "hobby",
  billing_cycle: "monthly",
  status: "trialing",
  access: "full",
  stripe_customer_id: "cus_test",
  stripe_subscription_id: "sub_test",
  current_period_start: at("50:00"),
  current_period_end: "2026-11-27T11:50:00Z",
  trial_ends_at: "2026-11-27T11:50:00Z",
  trial_days_remaining: 3,
  cancel_at_period_end: false,
  max_agents: 100,
  max_messages_per_day: 999_999,
  max_storage_gb: 5,
  can_run_instances: true,
  created_at: at("50:00"),
  updated_at: at("50:00"),
};

export const FREE: Subscription = {
  id: SUBSCRIPTION,
  account_id: ACCOUNT,
  tier: "free",
  status: "active",
  access: "full",
  cancel_at_period_end: false,
  max_agents: 1,
  max_messages_per_day: 100,
  max_storage_gb: 1,
  can_run_instances: false,
  created_at: at("50:00"),
  updated_at: at("50:00"),
};

export const RUNNING: Instance = {
  id: "0198c0de-0000-7000-8000-000000000003",
  instance_id: 7,
  account_id: ACCOUNT,
  subscription_id: SUBSCRIPTION,
  subdomain: "acme",
  name: "acme",
  tier: "hobby",
  desired_state: "running",
  status: "running",
  status_since: at("51:16"),
  status_hint: null,
  status_reason: null,
  progress: [
    step("database", "Create the database", "done", "51:00", "51:01"),
    step("homeserver", "Start the Matrix homeserver", "done", "51:01", "51:10"),
    step("account", "Create your Matrix account", "done", "51:10", "51:11"),
    step("mindroom", "Start MindRoom", "done", "51:11", "51:15"),
    step("check", "Check that it answers", "done", "51:15", "51:16"),
  ],
  frontend_url: "http://acme.mindroom.localhost",
  backend_url: "http://acme.mindroom.localhost",
  matrix_server_url: "http://acme.matrix.mindroom.localhost",
  owner_matrix_id: "@ada.lovelace:acme.mindroom.localhost",
  health: "healthy",
  repairs: 0,
  attention_since: null,
  health_checked_at: at("59:30"),
  mindroom_version: "2026.10.589",
  synapse_version: "1.163.2",
  created_at: at("50:55"),
  updated_at: at("59:30"),
};

export const WITH_PASSWORD: Instance = { ...RUNNING, owner_password: "correct-horse-battery" };

export const SETTING_UP: Instance = {
  ...RUNNING,
  status: "provisioning",
  status_since: at("59:46"),
  status_hint: "The first start usually takes less than a minute.",
  progress: [
    step("database", "Create the database", "done", "59:53", "59:54"),
    step("homeserver", "Start the Matrix homeserver", "running", "59:54"),
    step("account", "Create your Matrix account", "pending"),
    step("mindroom", "Start MindRoom", "pending"),
    step("check", "Check that it answers", "pending"),
  ],
  owner_matrix_id: null,
  health: "unknown",
  health_checked_at: null,
  mindroom_version: null,
  synapse_version: null,
  created_at: at("59:45"),
  updated_at: at("59:54"),
  job: { id: 1, kind: "reconcile-instance", state: "running" },
};

/** Its first start failed. */
export const BROKEN: Instance = {
  ...RUNNING,
  status: "error",
  status_since: at("52:41"),
  status_reason: "MindRoom did not answer in time.",
  status_hint: "Start it to try again, or delete it.",
  progress: [
    ...RUNNING.progress.slice(0, 3),
    step("mindroom", "Start MindRoom", "failed", "51:11", "52:41"),
    step("check", "Check that it answers", "pending"),
  ],
  health: "unknown",
  health_checked_at: null,
  mindroom_version: null,
  updated_at: at("52:41"),
};

export const STOPPED: Instance = {
  ...RUNNING,
  desired_state: "stopped",
  status: "stopped",
  status_since: at("58:02"),
  status_hint: "Start it whenever you like; its data is kept.",
  progress: [step("stop", "Stop the processes", "done", "58:00", "58:02")],
  health: "unknown",
  health_checked_at: null,
  updated_at: at("58:02"),
};

/** The same under another name and number. */
export function named(instance: Instance, name: string, number: number): Instance {
  return {
    ...instance,
    id: `0198c0de-0000-7000-8000-00000000000${number}`,
    instance_id: number,
    subdomain: name,
    name,
    frontend_url: `http://${name}.mindroom.localhost`,
    backend_url: `http://${name}.mindroom.localhost`,
    matrix_server_url: `http://${name}.matrix.mindroom.localhost`,
    owner_matrix_id: instance.owner_matrix_id?.replace(instance.subdomain, name) ?? null,
  };
}

function step(
  name: string,
  title: string,
  state: Schemas["StepState"],
  from?: string,
  to?: string,
): Schemas["Step"] {
  return {
    name,
    title,
    state,
    started_at: from ? at(from) : null,
    finished_at: to ? at(to) : null,
  };
}

export const MINE: Schemas["Account"] = {
  id: ACCOUNT,
  email: PERSON.email,
  full_name: "Ada Lovelace",
  company_name: null,
  status: "active",
  is_admin: false,
  consent_marketing: false,
  consent_analytics: true,
  stripe_customer_id: "cus_test",
  deleted_at: null,
  created_at: at("50:00"),
  updated_at: at("50:00"),
  subscriptions: [HOBBY],
  instances: [],
};

function invoice(number: string, status: string, amount: number, day: string): Schemas["Payment"] {
  return {
    id: `0198c0de-0000-7000-8000-00000000${number.slice(-4)}`,
    account_id: ACCOUNT,
    stripe_invoice_id: `in_${number}`,
    stripe_subscription_id: "sub_test",
    number,
    status,
    amount_due: amount,
    amount_paid: status === "paid" ? amount : 0,
    currency: "usd",
    hosted_invoice_url: `http://stripe.mindroom.localhost/invoice/${number}`,
    created_at: `${day}T09:00:00Z`,
  };
}

export const INVOICES: Schemas["Payment"][] = [
  invoice("MR-0003", "open", 2000, "2026-11-20"),
  invoice("MR-0002", "paid", 2000, "2026-10-20"),
  invoice("MR-0001", "void", 0, "2026-09-20"),
];

export const PAID: Subscription = {
  ...HOBBY,
  status: "active",
  current_period_start: "2026-11-20T09:00:00Z",
  current_period_end: "2026-12-20T09:00:00Z",
  trial_ends_at: "2026-09-23T09:00:00Z",
  trial_days_remaining: null,
  created_at: "2026-09-20T09:00:00Z",
};

export const OVERDUE: Subscription = {
  ...PAID,
  status: "past_due",
  access: "grace",
  dunning: {
    since: "2026-11-20T10:00:00Z",
    pause_at: "2026-11-27T10:00:00Z",
    stop_at: "2026-12-04T10:00:00Z",
    remove_at: "2027-01-03T10:00:00Z",
  },
};

export const CHANGE: Schemas["SubscriptionChange"] = {
  preview: true,
  tier: "pro",
  billing_cycle: "monthly",
  subscription_id: "sub_test",
  currency: "usd",
  amount_due: 17_400,
  credit: 0,
  due_now: true,
  lines: [
    { description: "Unused time on Hobby after 24 Nov 2026", amount: -1_734 },
    { description: "Remaining time on Pro after 24 Nov 2026", amount: 19_134 },
  ],
};

/** A day with a short outage and an hour in which it was not to run. */
export const HEALTH: Schemas["HealthHour"][] = Array.from({ length: 24 }, (_, at) => ({
  hour: new Date(Date.parse("2026-11-23T13:00:00Z") + at * 3_600_000).toISOString(),
  checks: at === 4 ? 0 : at === 23 ? 10 : 60,
  misses: at === 9 ? 48 : at === 10 ? 7 : 0,
}));

/** How long its steps usually take. */
export const ESTIMATE: Schemas["Estimate"] = {
  remaining_seconds: 27,
  steps: SETTING_UP.progress.map(({ name }, at) => ({
    name,
    typical_seconds: [1.2, 9, 0.8, 22, 1.5][at] ?? null,
  })),
};

/** Thirty days of work, weekends at rest; of one weekend there is no report. */
export const USED: Schemas["Usage"] = {
  usage: Array.from({ length: 30 }, (_, at) => at)
    .filter((at) => at !== 19 && at !== 20)
    .map((at) => ({
      id: `0198c0de-0000-7000-8000-0000000001${String(at).padStart(2, "0")}`,
      subscription_id: SUBSCRIPTION,
      metric_date: new Date(Date.parse("2026-10-26") + at * 86_400_000).toISOString().slice(0, 10),
      messages_sent: at % 7 < 5 ? 120 + ((at * 37) % 90) : 0,
      agents_used: 2 + (at % 3),
      storage_used_gb: 3.4 + at / 30,
      created_at: "2026-11-24T11:00:00Z",
    })),
  aggregated: { totalMessages: 3_607, totalAgents: 4, totalStorage: 4.37 },
  limits: { max_agents: 100, max_messages_per_day: 999_999, max_storage_gb: 5 },
};

export const DONE: Schemas["MyAuditEntry"][] = [
  ["instance.restart", "you", "58:00"],
  ["instance.stop", "support", "57:00"],
  ["webhook.received", "stripe", "51:00"],
  ["instance.provision", "you", "50:55"],
  ["billing.checkout", "you", "50:10"],
  ["account.setup", "you", "50:00"],
].map(([action = "", actor = "", time = ""], index) => ({
  id: 100 - index,
  created_at: at(time),
  actor,
  action,
  resource_type: "instance",
  resource_id: null,
  ip_address: actor === "you" ? "203.0.113.7" : null,
}));

type Told = [kind: string, name: string, state: string | null, time: string];

/** Until it answered. */
const STARTED: readonly Told[] = [
  ["wish", "provision", null, "50:55"],
  ["status", "provisioning", null, "50:56"],
  ["step", "database", "started", "51:00"],
  ["step", "database", "done", "51:01"],
  ["step", "homeserver", "started", "51:01"],
  ["step", "homeserver", "done", "51:10"],
  ["step", "account", "done", "51:11"],
  ["step", "mindroom", "done", "51:15"],
  ["step", "check", "done", "51:16"],
  ["status", "running", null, "51:16"],
  ["health", "healthy", null, "51:46"],
];

/** By the status to which it led. */
const TOLD: Readonly<Record<string, readonly Told[]>> = {
  provisioning: [
    ["wish", "provision", null, "59:45"],
    ["status", "provisioning", null, "59:46"],
    ["step", "database", "started", "59:53"],
    ["step", "database", "done", "59:54"],
    ["step", "homeserver", "started", "59:54"],
  ],
  error: [
    ...STARTED.slice(0, 7),
    ["step", "mindroom", "started", "51:11"],
    ["step", "mindroom", "failed", "52:41"],
    ["status", "error", null, "52:41"],
  ],
  stopped: [
    ...STARTED,
    ["wish", "stop", null, "57:58"],
    ["status", "stopping", null, "57:59"],
    ["step", "stop", "started", "58:00"],
    ["step", "stop", "done", "58:02"],
    ["status", "stopped", null, "58:02"],
  ],
};

/** What happened to an instance until it is as it is. */
export function eventsOf(instance: Instance): Schemas["Events"] {
  const told = TOLD[instance.status] ?? STARTED;
  const events = told.map(([kind, name, state, time], index) => ({
    id: index + 1,
    kind,
    name,
    state,
    actor: kind === "wish" ? "account" : "system",
    created_at: at(time),
  }));
  return { events, next: events.length, instance };
}

export const ACCOUNTS: Schemas["AdminAccountList"] = {
  data: [
    account("ada.lovelace@example.com", "hobby", "trialing", 1),
    account("charles.babbage@example.com", "pro", "active", 1),
    account("grace.hopper@example.com", "free", null, 0, true),
    account("a.very.long.address.indeed@subdomain.of.a.long.example.com", "byok", "past_due", 1),
  ],
  total: 4,
};

function account(
  email: string,
  tier: string,
  subscription_status: string | null,
  instances: number,
  is_admin = false,
): Schemas["AdminAccount"] {
  return {
    id: `0198c0de-0000-7000-8000-${email.length.toString().padStart(12, "0")}`,
    email,
    status: "active",
    is_admin,
    tier,
    subscription_status,
    instances,
    created_at: at("00:00"),
  };
}

export const INSTANCES: Schemas["AdminInstanceList"] = {
  data: [
    owned(RUNNING, PERSON.email),
    owned(named(STOPPED, "analytical-engine", 8), "charles.babbage@example.com"),
    owned(named(BROKEN, "lab", 9), "mary.somerville@example.com"),
  ],
  total: 3,
};

/** As administrators see it. */
function owned(instance: Instance, account_email: string) {
  return { ...instance, account_email };
}
