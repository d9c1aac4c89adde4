// Every page as a person can meet it: what the tests of looks and of accessibility go through.

import type { Page } from "@playwright/test";

import {
  ACCOUNT_DETAIL,
  ACCOUNT_GOING,
  AUDIT,
  DASHBOARD,
  DEAD_JOB,
  INSTANCE_DETAIL,
  JOBS,
  PAYMENT_LIST,
  STATS,
  SUBSCRIPTIONS,
  USAGE_LIST,
  WEBHOOKS,
} from "./admin-answers";
import {
  ACCOUNTS,
  BROKEN,
  CHANGE,
  DONE,
  ESTIMATE,
  FREE,
  HEALTH,
  INSTANCES,
  named,
  OVERDUE,
  PAID,
  RUNNING,
  SETTING_UP,
  STOPPED,
  USED,
  WITH_PASSWORD,
} from "./answers";
import { button, handle, sees } from "./pages";
import type { Platform } from "./platform";
import { type Answers, Refusal, setStage } from "./stage";

export interface Scene {
  name: string;
  /** Leads to it and waits until all of it is there. */
  show: (page: Page, platform: Platform) => Promise<void>;
}

/** A page for everybody, which is there once it says `heading`. */
function open(name: string, path: string, heading: string): Scene {
  return {
    name,
    show: async (page, { app }) => {
      await page.goto(app + path);
      await page.getByRole("heading", { level: 1, name: heading }).waitFor();
    },
  };
}

type Setting = NonNullable<Parameters<typeof setStage>[2]>;

/** A page of Ada's, with what the API answers for it, which is there once it shows `sign`. */
function own(name: string, path: string, sign: string, setting: Setting): Scene {
  return {
    name,
    show: async (page, platform) => {
      await setStage(page, platform, setting);
      await page.goto(platform.app + path);
      await handle(page, sign).first().waitFor();
    },
  };
}

/** A page for administrators, below `/admin`. */
function staff(name: string, path: string, sign: string, answers: Answers): Scene {
  return own(name, `/admin${path}`, sign, { admin: true, answers });
}

const FREE_OF_ALL: Setting = { subscription: FREE };

/** What the API answers to everything that a closed account asks. */
function closed(code: string): Setting {
  const refusal = new Refusal({ status: 403, code, detail: "This account is closed." });
  return { answers: { "POST /my/account/setup": refusal } };
}

export const SCENES: readonly Scene[] = [
  {
    name: "start",
    show: async (page, { app }) => {
      await page.goto(app);
      await handle(page, "plans").waitFor();
      await allPictures(page);
    },
  },
  open("privacy", "/privacy", "Privacy"),
  open("terms", "/terms", "Terms"),
  open("not-found", "/no-such-page", "This page does not exist"),
  {
    name: "sign-in",
    show: async (page, { app }) => {
      await page.goto(`${app}/auth/sign-in`);
      await button(page, "Sign in").waitFor();
    },
  },
  {
    name: "sign-up-with-problems",
    show: async (page, { app }) => {
      await page.goto(`${app}/auth/sign-up`);
      await page.getByLabel("E-mail address").fill("ada");
      await page.getByLabel("Password", { exact: true }).fill("short");
      await button(page, "Create account").click();
      await sees(page, "Use at least 8 characters.");
    },
  },
  {
    name: "confirm",
    show: async (page, { app }) => {
      await page.goto(`${app}/auth/confirm`);
      await button(page, "Send it again").waitFor();
    },
  },
  {
    name: "recover",
    show: async (page, { app }) => {
      await page.goto(`${app}/auth/recover`);
      await button(page, "Send the link").waitFor();
    },
  },
  {
    name: "new-password-without-link",
    show: async (page, { app }) => {
      await page.goto(`${app}/auth/new-password`);
      await handle(page, "no-link").waitFor();
    },
  },
  own("checkout", "/checkout?plan=hobby&cycle=yearly", "order", FREE_OF_ALL),
  own("dashboard-empty", "/dashboard", "empty", FREE_OF_ALL),
  own("dashboard", "/dashboard", "instances", {
    instances: [RUNNING, named(SETTING_UP, "lab", 8)],
  }),
  own("dashboard-create", "/dashboard", "create-instance", {}),
  own("checkout-cancelled", "/dashboard?checkout=cancelled", "checkout-cancelled", FREE_OF_ALL),
  own("checkout-action", "/dashboard?checkout=success", "checkout-action", {
    subscription: { ...FREE, tier: "hobby", status: "incomplete", stripe_customer_id: "cus_test" },
  }),
  own("checkout-waiting", "/dashboard?checkout=success", "checkout-waiting", FREE_OF_ALL),
  own("usage", "/usage", "usage", { answers: { "GET /my/usage": USED } }),
  own("usage-empty", "/usage", "empty", {
    answers: { "GET /my/usage": { ...USED, usage: [] } },
  }),
  own("activity", "/activity", "activity", {
    answers: { "GET /my/audit": { entries: DONE, next: null } },
  }),
  own("billing", "/billing", "invoices", { subscription: PAID }),
  own("billing-free", "/billing", "subscription", FREE_OF_ALL),
  own("billing-overdue", "/billing", "timeline", { subscription: OVERDUE }),
  {
    name: "billing-change",
    show: async (page, platform) => {
      await setStage(page, platform, {
        subscription: PAID,
        answers: { "POST /my/subscription/change": CHANGE },
      });
      await page.goto(`${platform.app}/billing`);
      await button(page, "Change to Pro").click();
      await handle(page, "change-cost").waitFor();
      await toTheTop(page);
    },
  },
  {
    name: "billing-cancel",
    show: async (page, platform) => {
      await setStage(page, platform, { subscription: PAID });
      await page.goto(`${platform.app}/billing`);
      await button(page, "Cancel the subscription").click();
      await handle(page, "cancel").waitFor();
      await toTheTop(page);
    },
  },
  own("settings", "/settings", "delete-account", {}),
  own("account-leaving", "/dashboard", "account-leaving", closed("account_deleted")),
  own("account-suspended", "/dashboard", "account-suspended", closed("account_suspended")),
  own("instance-setting-up", "/instance?id=7", "events", {
    instances: [{ ...SETTING_UP, estimate: ESTIMATE }],
  }),
  own("instance", "/instance?id=7", "health-strip", {
    instances: [{ ...WITH_PASSWORD, health_history: HEALTH }],
  }),
  own("instance-error", "/instance?id=7", "events", { instances: [BROKEN] }),
  own("instance-stopped", "/instance?id=7", "events", { instances: [STOPPED] }),
  {
    name: "instance-delete",
    show: async (page, platform) => {
      await setStage(page, platform, { instances: [RUNNING] });
      await page.goto(`${platform.app}/instance?id=7`);
      await handle(page, "events").waitFor();
      await button(page, "Delete").click();
      await page.getByLabel("Type acme to confirm").fill("acm");
    },
  },
  staff("admin", "", "days", {
    "GET /admin/stats": STATS,
    "GET /admin/metrics/dashboard": DASHBOARD,
  }),
  staff("admin-accounts", "/accounts", "rows", { "GET /admin/accounts": ACCOUNTS }),
  staff("admin-account", `/account?id=${ACCOUNT_DETAIL.account.id}`, "account", {
    [`GET /admin/accounts/${ACCOUNT_DETAIL.account.id}`]: ACCOUNT_DETAIL,
  }),
  staff("admin-account-going", `/account?id=${ACCOUNT_DETAIL.account.id}`, "account-deletion", {
    [`GET /admin/accounts/${ACCOUNT_DETAIL.account.id}`]: ACCOUNT_GOING,
  }),
  staff("admin-instances", "/instances", "rows", { "GET /admin/instances": INSTANCES }),
  staff("admin-instance", "/instance?id=7", "instance", {
    "GET /admin/instances/7": INSTANCE_DETAIL,
  }),
  staff("admin-subscriptions", "/subscriptions", "rows", {
    "GET /admin/subscriptions": SUBSCRIPTIONS,
  }),
  staff("admin-payments", "/payments", "rows", { "GET /admin/payments": PAYMENT_LIST }),
  staff("admin-usage", "/usage", "rows", { "GET /admin/usage": USAGE_LIST }),
  staff("admin-jobs", "/jobs", "rows", { "GET /admin/jobs": JOBS }),
  staff("admin-job", "/job?id=4711", "job-error", { "GET /admin/jobs/4711": DEAD_JOB }),
  staff("admin-webhooks", "/webhooks", "rows", { "GET /admin/webhook-events": WEBHOOKS }),
  staff("admin-webhook", "/webhooks?open=evt_3", "details", {
    "GET /admin/webhook-events": WEBHOOKS,
  }),
  staff("admin-audit", "/audit", "rows", { "GET /admin/audit-logs": AUDIT }),
  own("forbidden", "/admin/accounts", "forbidden", {}),
];

/** Loads the pictures that would come with scrolling only; those of the other theme are not shown and stay away. */
export async function allPictures(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const shown = [...document.images].filter((image) => image.checkVisibility());
    for (const image of shown) image.loading = "eager";
    await Promise.all(shown.map((image) => image.decode()));
  });
}

/** A picture of a page with a dialog begins where the page does. */
function toTheTop(page: Page): Promise<void> {
  return page.evaluate(() => window.scrollTo({ top: 0, behavior: "instant" }));
}
