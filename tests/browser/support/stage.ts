// A platform whose API answers as the test says: the pages, the policy and the settings are the real ones.

import type { Page, Route } from "@playwright/test";

import type { components } from "../../../portal/src/lib/api.generated";
import {
  eventsOf,
  HOBBY,
  type Instance,
  INVOICES,
  MINE,
  NOW,
  PERSON,
  type Subscription,
} from "./answers";
import type { Platform } from "./platform";

type Schemas = components["schemas"];

/** A problem as the API tells it. */
export interface Trouble {
  status: number;
  code: string;
  detail: string;
  headers?: Record<string, string>;
}

type Answer = unknown;

/** What the API answers, by method and path; a function is asked each time. */
export type Answers = Record<string, Answer | (() => Answer)>;

/** Tells the page a problem instead of an answer. */
export class Refusal {
  constructor(readonly trouble: Trouble) {}
}

/** Leaves a question open, as a slow network does. */
export const NEVER = Symbol("never");

interface Scene {
  answers?: Answers;
  subscription?: Subscription | null;
  instances?: Instance[];
  admin?: boolean;
}

/** Signs Ada in without asking anybody and lets the API answer what the scene says. */
export async function setStage(page: Page, platform: Platform, scene: Scene = {}): Promise<void> {
  await page.clock.setFixedTime(NOW);
  await page.addInitScript(([key, session]) => localStorage.setItem(key, session), [
    storageKey(platform),
    JSON.stringify(session()),
  ] as const);
  // Every name can be had, unless the scene says otherwise.
  await page.route(`${platform.api}/my/subdomains/*`, (route) => {
    const name = new URL(route.request().url()).pathname.split("/").at(-1) ?? "";
    return give(route, platform, { name, available: true, reason: null, message: null });
  });
  await letAnswer(page, platform, { ...usual(scene), ...scene.answers });
  // The real settings but for the domain: it ends with the port, which is another one at each run.
  const settings = {
    api_url: platform.api,
    auth_url: platform.auth,
    publishable_key: platform.publishable_key,
    instance_domain: "mindroom.localhost",
    environment: "local",
    support_email: "support@mindroom.localhost",
  };
  await page.route(`${platform.app}/config.json`, (route) => route.fulfill({ json: settings }));
}

/** Lets the API answer what the table says; what it does not say goes to the real one. */
export async function letAnswer(page: Page, platform: Platform, answers: Answers): Promise<void> {
  await page.route(`${platform.api}/**`, async (route) => {
    const request = route.request();
    const key = `${request.method()} ${new URL(request.url()).pathname}`;
    if (!(key in answers)) return route.fallback();
    const found = answers[key];
    await give(route, platform, typeof found === "function" ? (found as () => Answer)() : found);
  });
}

async function give(route: Route, platform: Platform, answer: Answer): Promise<void> {
  if (answer === NEVER) return;
  const open = {
    "access-control-allow-origin": platform.app,
    "access-control-expose-headers": "retry-after, x-request-id",
  };
  if (!(answer instanceof Refusal)) return route.fulfill({ json: answer, headers: open });
  const { status, code, detail, headers } = answer.trouble;
  const problem = { type: "about:blank", title: "Problem", status, code, detail };
  await route.fulfill({
    status,
    json: { ...problem, request_id: "req-0001" },
    headers: { ...open, ...headers },
  });
}

function usual({ subscription = HOBBY, instances = [], admin = false }: Scene): Answers {
  const noSubscription = new Refusal({
    status: 404,
    code: "subscription_not_found",
    detail: "There is no subscription.",
  });
  const each = instances.flatMap((one): [string, Answer][] => {
    const path = `/my/instances/${one.instance_id}`;
    return [
      [`GET ${path}`, one],
      [`GET ${path}/events`, once(eventsOf(one))],
      ...(one.job ? [[`GET /my/jobs/${one.job.id}`, jobOf(one.job)] as [string, Answer]] : []),
    ];
  });
  return {
    "POST /my/account/setup": { success: true, message: "", account: {}, subscription },
    "GET /my/account": MINE,
    "GET /my/invoices": { invoices: INVOICES },
    "GET /my/account/admin-status": { is_admin: admin },
    "GET /my/subscription": subscription ?? noSubscription,
    "GET /my/instances": {
      instances: instances.filter(({ status }) => status !== "deprovisioned"),
    },
    ...Object.fromEntries(each),
  };
}

/** A start's job, which its owner can take back. */
function jobOf(job: NonNullable<Instance["job"]>): Schemas["MyJob"] {
  return {
    ...job,
    attempt: 1,
    instance_id: 7,
    position: null,
    stopping: false,
    can_be_cancelled: true,
    created_at: NOW.toISOString(),
    finished_at: null,
  };
}

/** The history at once; then nothing new for ever. */
function once(first: Answer): () => Answer {
  let asked = false;
  return () => {
    if (asked) return NEVER;
    asked = true;
    return first;
  };
}

/** As supabase-js names it. */
function storageKey({ auth }: Platform): string {
  return `sb-${new URL(auth).hostname.split(".")[0]}-auth-token`;
}

/** Of Ada, and for years: the API's answers are ours, so nobody looks at the token. */
function session() {
  const user = { ...PERSON, aud: "authenticated", app_metadata: {}, user_metadata: {} };
  return {
    access_token: "e30.e30.e30",
    refresh_token: "none",
    token_type: "bearer",
    expires_in: 3600,
    expires_at: 4_102_444_800,
    user: { ...user, created_at: NOW.toISOString() },
  };
}
