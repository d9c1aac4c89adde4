// One's own account: settings that are kept, consent, data, the end and its undo; plans, invoices, usage, activity.

import type { Page } from "@playwright/test";

import {
  CHANGE,
  DONE,
  FREE,
  MINE,
  OVERDUE,
  PAID,
  RUNNING,
  SETTING_UP,
  USED,
} from "../support/answers";
import { arrives, button, handle, link, sees } from "../support/pages";
import { NEVER, Refusal, setStage } from "../support/stage";
import { expect, test } from "../support/test";

const broken = new Refusal({ status: 503, code: "unavailable", detail: "Not at present." });

/** What the next request with this method and path says. */
async function sent(page: Page, method: string, path: string, act: () => Promise<void>) {
  const [request] = await Promise.all([
    page.waitForRequest((one) => one.method() === method && new URL(one.url()).pathname === path),
    act(),
  ]);
  return request.postDataJSON() as unknown;
}

test("a name that is typed outlives a broken connection and a reload", async ({
  page,
  platform,
  watch,
}) => {
  let answer: unknown = broken;
  await setStage(page, platform, { answers: { "PATCH /my/account": () => answer } });
  watch.expect(503, platform.api);
  await page.goto(`${platform.app}/settings`);
  const name = page.getByLabel("Name", { exact: true });
  await name.fill("Countess of Lovelace");
  await button(page, "Save").click();
  await sees(handle(page, "problem"), "Not at present.");
  await expect(name).toHaveValue("Countess of Lovelace");
  await page.reload();
  await expect(name).toHaveValue("Countess of Lovelace");
  await sees(page, "Not saved yet.");

  answer = { ...MINE, full_name: "Countess of Lovelace" };
  const body = await sent(page, "PATCH", "/my/account", () => button(page, "Save").click());
  expect(body).toEqual({ full_name: "Countess of Lovelace", company_name: null });
  await sees(page, "Saved.");
  await expect(button(page, "Save")).toBeDisabled();
});

test("a consent that could not be saved is taken back on the page", async ({
  page,
  platform,
  watch,
}) => {
  watch.expect(503, platform.api);
  let answer: unknown = { status: "success" };
  await setStage(page, platform, { answers: { "POST /my/gdpr/consent": () => answer } });
  await page.goto(`${platform.app}/settings`);
  const news = page.getByLabel("Write to me about news");
  const body = await sent(page, "POST", "/my/gdpr/consent", () => news.click());
  expect(body).toEqual({ marketing: true, analytics: true });
  await sees(handle(page, "consent"), "Saved.");
  answer = broken;
  await news.click();
  await sees(handle(page, "consent"), "Not at present.");
  await expect(news).toBeChecked();
});

test("one's data comes as a file", async ({ page, platform }) => {
  await setStage(page, platform, {
    answers: { "GET /my/gdpr/export-data": { account_id: MINE.id } },
  });
  await page.goto(`${platform.app}/settings`);
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    button(page, "Download my data").click(),
  ]);
  expect(download.suggestedFilename()).toBe("mindroom-data-2026-11-24.json");
  await sees(page, "Your file is in your downloads.");
});

test("an account is deleted by its address, and kept after all", async ({
  page,
  platform,
  watch,
}) => {
  watch.expect(403, platform.api);
  const gone = new Refusal({ status: 403, code: "account_deleted", detail: "It was deleted." });
  let leaving = false;
  await setStage(page, platform, {
    answers: {
      "GET /my/account": () => (leaving ? gone : MINE),
      "POST /my/account/setup": () => (leaving ? gone : { success: true }),
      "POST /my/gdpr/request-deletion": () => {
        leaving = true;
        return { status: "deletion_scheduled", message: "" };
      },
      "POST /my/gdpr/cancel-deletion": () => {
        leaving = false;
        return { status: "success", message: "", account_status: "active" };
      },
    },
  });
  await page.goto(`${platform.app}/settings`);
  await button(page, "Delete my account").click();
  const dialog = page.getByRole("dialog");
  const action = button(dialog, "Delete the account");
  await expect(action).toBeDisabled();
  await dialog.getByLabel(/^Type/).fill(MINE.email);
  const body = await sent(page, "POST", "/my/gdpr/request-deletion", () => action.click());
  expect(body).toEqual({ confirmation: true });
  await handle(page, "account-leaving").waitFor();

  await page.goto(`${platform.app}/settings`);
  await handle(page, "account-leaving").waitFor();
  await button(page, "Download my data").waitFor();
  await button(page, "Keep my account").click();
  await handle(page, "profile").waitFor();
});

test("a suspended account is told so, and may look again", async ({ page, platform, watch }) => {
  watch.expect(403, platform.api);
  let suspended = true;
  const refusal = new Refusal({ status: 403, code: "account_suspended", detail: "Suspended." });
  await setStage(page, platform, {
    answers: { "POST /my/account/setup": () => (suspended ? refusal : { success: true }) },
  });
  await page.goto(`${platform.app}/dashboard`);
  await handle(page, "account-suspended").waitFor();
  suspended = false;
  await button(page, "Look again").click();
  await handle(page, "plan").waitFor();
});

test("another plan: what it costs comes first, and the page follows the change", async ({
  page,
  platform,
}) => {
  let mine = PAID;
  const asked: unknown[] = [];
  await setStage(page, platform, {
    answers: {
      "GET /my/subscription": () => mine,
      "POST /my/subscription/change": CHANGE,
    },
  });
  page.on("request", (request) => {
    if (request.url().endsWith("/my/subscription/change") && request.method() === "POST") {
      asked.push((request.postDataJSON() as { preview: boolean }).preview);
    }
  });
  await page.goto(`${platform.app}/billing`);
  await button(page, "Change to Pro").click();
  const dialog = page.getByRole("dialog");
  await expect(handle(dialog, "change-cost")).toContainText("Due now$174");
  await sees(dialog, "Unused time on Hobby");
  await button(dialog, "Change now").click();
  await sees(handle(page, "following"), "Your plan is being changed.");
  expect(asked).toEqual([true, false]);
  mine = { ...PAID, tier: "pro", updated_at: "2026-11-24T12:00:00Z" };
  await handle(page, "subscription").getByText("Pro plan").waitFor();
  await expect(handle(page, "following")).toHaveCount(0);
});

test("an end with the period, and taking it back", async ({ page, platform }) => {
  let mine = PAID;
  await setStage(page, platform, {
    answers: {
      "GET /my/subscription": () => mine,
      "POST /my/subscription/cancel": () => {
        mine = { ...PAID, cancel_at_period_end: true, updated_at: "2026-11-24T12:00:00Z" };
        return { message: "" };
      },
      "POST /my/subscription/reactivate": () => {
        mine = { ...PAID, updated_at: "2026-11-24T12:00:01Z" };
        return { message: "" };
      },
    },
  });
  await page.goto(`${platform.app}/billing`);
  await button(page, "Cancel the subscription").click();
  await sees(page.getByRole("dialog"), "It goes on until 20 Dec 2026");
  const body = await sent(page, "POST", "/my/subscription/cancel", () =>
    button(page.getByRole("dialog"), "Cancel it").click(),
  );
  expect(body).toEqual({ cancel_at_period_end: true });
  await sees(handle(page, "timeline"), "Your subscription ends");
  await button(page, "Go on with it").click();
  await sees(handle(page, "timeline"), "The next payment");
});

test("an overdue payment is told with its day and what follows", async ({ page, platform }) => {
  await setStage(page, platform, { subscription: OVERDUE });
  await page.goto(`${platform.app}/billing`);
  await sees(handle(page, "timeline"), "A payment did not go through");
  await sees(handle(page, "timeline"), "20 Nov 2026");
  await expect(
    link(handle(page, "invoices"), "Open invoice MR-0003 (opens in a new tab)"),
  ).toHaveAttribute("href", /MR-0003$/);
});

test("usage: the period stands in the address, limits and tables beside the charts", async ({
  page,
  platform,
}) => {
  await setStage(page, platform, { answers: { "GET /my/usage": USED } });
  await page.goto(`${platform.app}/usage`);
  await handle(page, "usage").locator("svg.recharts-surface").first().waitFor();
  await sees(handle(page, "usage"), "3,607 in all");
  await sees(handle(page, "usage"), "You are near the limit of your plan.");
  await expect(page.getByRole("meter", { name: "Storage" })).toHaveAttribute(
    "aria-valuetext",
    "4.37 GB of 5 GB",
  );
  await page.getByText("The same as a table").first().click();
  await expect(page.getByRole("table").first().getByRole("row")).toHaveCount(31);
  await expect(page.getByRole("table").first().getByText("No report")).toHaveCount(2);
  await page.getByRole("radio", { name: "90 days" }).click();
  await arrives(page, "/usage?days=90");
});

test("activity: older entries come when asked for", async ({ page, platform }) => {
  let first = true;
  await setStage(page, platform, {
    answers: {
      "GET /my/audit": () => {
        const answer = first
          ? { entries: DONE.slice(0, 3), next: 98 }
          : { entries: DONE.slice(3), next: null };
        first = false;
        return answer;
      },
    },
  });
  await page.goto(`${platform.app}/activity`);
  await sees(handle(page, "activity"), "Our support asked to stop an instance.");
  await button(page, "Show older ones").click();
  await sees(handle(page, "activity"), "You set the account up.");
  await expect(button(page, "Show older ones")).toHaveCount(0);
});

test("an address is looked up while it is typed", async ({ page, platform }) => {
  const check = (name: string, available: boolean) => ({
    name,
    available,
    reason: available ? null : "taken",
    message: available ? null : "This address is taken.",
  });
  await setStage(page, platform, {
    answers: {
      "GET /my/subdomains/acme": check("acme", false),
      "GET /my/subdomains/acme-labs": check("acme-labs", true),
      "GET /my/subdomains/slow": NEVER,
    },
  });
  await page.goto(`${platform.app}/dashboard`);
  const address = page.getByLabel("Address of your instance");
  await address.fill("acme");
  await sees(handle(page, "field-problem"), "This address is taken.");
  await address.fill("acme-labs");
  await handle(page, "name-free").waitFor();
  await address.fill("slow");
  await sees(page, "Looking whether it is free…");
});

test("while it is set up: the place in the queue, then the time that is left", async ({
  page,
  platform,
}) => {
  const job = { id: 1, kind: "reconcile-instance", state: "queued" };
  let position = 3;
  await page.clock.install();
  await setStage(page, platform, {
    instances: [{ ...SETTING_UP, job }],
    answers: {
      "GET /my/jobs/1": () => ({
        ...job,
        attempt: 0,
        position,
        stopping: false,
        can_be_cancelled: true,
        created_at: "2026-11-24T11:50:00Z",
      }),
    },
  });
  await page.goto(`${platform.app}/instance?id=7`);
  await sees(handle(page, "queue-position"), "2 jobs are before it in the queue.");
  position = 1;
  await page.clock.runFor(4_000);
  await sees(handle(page, "queue-position"), "It is the next to begin.");
});

test("what is under way is cancelled where it can be", async ({ page, platform }) => {
  const job = { id: 1, kind: "reconcile-instance", state: "running" };
  let stopping = false;
  const mine = () => ({
    ...job,
    attempt: 1,
    position: null,
    stopping,
    can_be_cancelled: !stopping,
    created_at: "2026-11-24T11:50:00Z",
  });
  await setStage(page, platform, {
    instances: [{ ...SETTING_UP, job }],
    answers: {
      "GET /my/jobs/1": mine,
      "DELETE /my/jobs/1": () => {
        stopping = true;
        return mine();
      },
    },
  });
  await page.goto(`${platform.app}/instance?id=7`);
  await button(page, "Cancel").click();
  await sees(page, "It was cancelled, and stops after the step that is under way.");
  await expect(button(page, "Cancel")).toHaveCount(0);
});

test("a free account has no dead ends on its pages", async ({ page, platform }) => {
  await setStage(page, platform, {
    subscription: FREE,
    instances: [RUNNING],
    answers: { "GET /my/usage": { ...USED, usage: [], limits: null } },
  });
  await page.goto(`${platform.app}/billing`);
  await handle(page, "subscription").waitFor();
  await expect(handle(page, "change-cards")).toHaveCount(0);
  await expect(button(page, "Cancel the subscription")).toHaveCount(0);
  await link(page, "Choose a plan").waitFor();
  await link(page, "Usage").click();
  await sees(handle(page, "empty"), "Nothing was reported yet");
});
