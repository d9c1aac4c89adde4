// Administrators at work: lists whose address says it all, commands that ask before they do, and nothing that is lost.

import type { Page, Request } from "@playwright/test";

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
  WEBHOOKS,
} from "../support/admin-answers";
import { ACCOUNTS, INSTANCES } from "../support/answers";
import { arrives, button, handle, link, sees } from "../support/pages";
import type { Platform } from "../support/platform";
import { type Answers, Refusal, setStage } from "../support/stage";
import { expect, test } from "../support/test";

const ACCOUNT = `/admin/accounts/${ACCOUNT_DETAIL.account.id}`;

/** Opens a page below `/admin`. */
async function opens(page: Page, platform: Platform, path: string, answers: Answers) {
  await setStage(page, platform, { admin: true, answers });
  await page.goto(`${platform.app}/admin${path}`);
}

/** The next request to the API with this method and path. */
function asked(page: Page, method: string, path: string): Promise<Request> {
  return page.waitForRequest(
    (request) => request.method() === method && new URL(request.url()).pathname === path,
  );
}

test("the figures lead to what they count", async ({ page, platform }) => {
  await opens(page, platform, "", {
    "GET /admin/stats": STATS,
    "GET /admin/metrics/dashboard": DASHBOARD,
    "GET /admin/jobs": JOBS,
  });
  await expect(handle(page, "figure-Monthly revenue")).toHaveText("$10,100");
  await sees(handle(page, "figures"), "A yearly price counts as a twelfth.");
  await sees(handle(page, "part-running"), "318");
  const signups = handle(page, "days-signups");
  await signups.locator("svg.recharts-surface").waitFor();
  await signups.getByText("The same as a table").click();
  await expect(signups.getByRole("row"), "30 days and their heading").toHaveCount(31);
  await link(handle(page, "figures"), "Dead jobs").click();
  await arrives(page, "/admin/jobs?state=dead");
  await expect(page.getByLabel("State", { exact: true })).toHaveValue("dead");
});

test("order, filter, search and page stand in the address, and are asked of the API", async ({
  page,
  platform,
}) => {
  await opens(page, platform, "/accounts", { "GET /admin/accounts": { ...ACCOUNTS, total: 60 } });
  await handle(page, "rows").waitFor();
  const next = (path: string) => asked(page, "GET", path);

  let request = next("/admin/accounts");
  await button(page, "Sort by E-mail").click();
  await arrives(page, "/admin/accounts?sort=email");
  expect(new URL((await request).url()).search).toBe("?_start=0&_end=25&_sort=email&_order=ASC");
  await expect(page.getByRole("columnheader", { name: "E-mail" })).toHaveAttribute(
    "aria-sort",
    "ascending",
  );

  request = next("/admin/accounts");
  await page.getByLabel("Status", { exact: true }).selectOption("suspended");
  await arrives(page, "/admin/accounts?status=suspended&sort=email");
  expect(new URL((await request).url()).searchParams.get("status")).toBe("suspended");

  request = next("/admin/accounts");
  await button(page, "Next").click();
  await arrives(page, "/admin/accounts?status=suspended&sort=email&page=2");
  expect(new URL((await request).url()).searchParams.get("_start")).toBe("25");

  await page.getByLabel("Search accounts").fill("ada");
  await button(page, "Search").click();
  await arrives(page, "/admin/accounts?q=ada&status=suspended&sort=email");

  await page.reload();
  await expect(page.getByLabel("Search accounts")).toHaveValue("ada");
  await expect(page.getByLabel("Status", { exact: true })).toHaveValue("suspended");
  await page.goBack();
  await arrives(page, "/admin/accounts?status=suspended&sort=email&page=2");
  await button(page, "Clear all filters").click();
  await arrives(page, "/admin/accounts?sort=email");
});

test("nothing found, nothing there, and a page past the end each say so", async ({
  page,
  platform,
}) => {
  let total = 0;
  await opens(page, platform, "/accounts?q=nobody", {
    "GET /admin/accounts": () => ({ data: [], total }),
  });
  await sees(handle(page, "empty"), "No accounts here.");
  await button(page, "Clear all filters").click();
  await sees(handle(page, "empty"), "There are no accounts yet.");
  total = 3;
  await page.goto(`${platform.app}/admin/accounts?page=9`);
  await sees(handle(page, "empty"), "This page is past the end of the list.");
  await button(page, "Go to the first page").click();
  await arrives(page, "/admin/accounts");
});

test("an account is suspended with a reason and its address typed", async ({ page, platform }) => {
  let status = "active";
  await opens(page, platform, `/account?id=${ACCOUNT_DETAIL.account.id}`, {
    [`GET ${ACCOUNT}`]: () => ({
      ...ACCOUNT_DETAIL,
      account: { ...ACCOUNT_DETAIL.account, status },
    }),
    [`PUT ${ACCOUNT}/status`]: () => {
      status = "suspended";
      return { status: "success", new_status: status, instances: 1 };
    },
  });
  await button(page, "Suspend").click();
  const dialog = page.getByRole("dialog");
  await sees(dialog, "Its instances are stopped and it is kept out");
  const action = button(dialog, "Suspend");
  await expect(action, "neither reason nor address").toBeDisabled();
  await dialog.getByLabel("Type ada.lovelace@example.com to confirm").fill("ada.lovelace");
  await dialog.getByLabel("Reason").fill("Has not paid since May");
  await expect(action, "not the whole address").toBeDisabled();
  await dialog.getByLabel(/^Type/).fill("ada.lovelace@example.com");
  const sent = asked(page, "PUT", `${ACCOUNT}/status`);
  await action.click();
  expect((await sent).postDataJSON()).toEqual({
    status: "suspended",
    reason: "Has not paid since May",
  });
  await sees(handle(page, "command-done"), "The account is suspended.");
  await expect(handle(page, "account-status")).toHaveText("Suspended");
  await button(page, "Let in again").waitFor();
});

test("an account is deleted for good, and its page tells until it is gone", async ({
  page,
  platform,
  watch,
}) => {
  watch.expect(404, platform.api);
  const gone = new Refusal({ status: 404, code: "account_not_found", detail: "There is none." });
  let answer: unknown = ACCOUNT_DETAIL;
  await opens(page, platform, `/account?id=${ACCOUNT_DETAIL.account.id}`, {
    [`GET ${ACCOUNT}`]: () => answer,
    [`DELETE ${ACCOUNT}/complete`]: () => {
      answer = ACCOUNT_GOING;
      return { account_id: ACCOUNT_DETAIL.account.id, job: ACCOUNT_GOING.deletion?.job };
    },
  });
  await button(page, "Delete for good").click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Reason").fill("Asked by post");
  await dialog.getByLabel(/^Type/).fill("ada.lovelace@example.com");
  const sent = asked(page, "DELETE", `${ACCOUNT}/complete`);
  await button(dialog, "Delete for good").click();
  expect((await sent).postDataJSON()).toEqual({
    reason: "Asked by post",
    confirm: "ada.lovelace@example.com",
  });
  await sees(handle(page, "account-deletion"), "Instances left1");
  await expect(button(page, "Delete for good")).toHaveCount(0);
  answer = gone;
  await sees(handle(page, "empty"), "The account is gone");
});

test("a reason outlives a connection that does not", async ({ page, platform, watch }) => {
  await opens(page, platform, "/instance?id=7", { "GET /admin/instances/7": INSTANCE_DETAIL });
  watch.expectNoNetwork();
  let broken = true;
  await page.route(`${platform.api}/admin/instances/7/restart`, (route) => {
    if (broken) return route.abort("internetdisconnected");
    return route.fulfill({
      status: 202,
      headers: { "access-control-allow-origin": platform.app },
      json: { success: true, message: "", instance: INSTANCE_DETAIL },
    });
  });
  await button(page, "Restart").click();
  const dialog = page.getByRole("dialog");
  const reason = dialog.getByLabel("Reason");
  await button(dialog, "Restart").click();
  await sees(dialog, "Say why, in a few words.");
  await reason.fill("Its memory is full");
  await page.mouse.click(5, 5);
  await expect(reason, "a click beside it loses nothing").toHaveValue("Its memory is full");
  await button(dialog, "Restart").click();
  await sees(handle(dialog, "problem"), "No connection");
  await expect(reason).toHaveValue("Its memory is full");
  broken = false;
  await button(dialog, "Restart").click();
  await sees(handle(page, "command-done"), "acme is being restarted.");
});

test("a click beside a dialog closes it, a selection that ends there does not", async ({
  page,
  platform,
}) => {
  await opens(page, platform, "/instance?id=7", { "GET /admin/instances/7": INSTANCE_DETAIL });
  await button(page, "Restart").click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Reason").hover();
  await page.mouse.down();
  await page.mouse.move(5, 5);
  await page.mouse.up();
  await dialog.getByLabel("Reason").waitFor();
  await page.mouse.click(5, 5);
  await expect(dialog).toHaveCount(0);
});

test("a window that becomes narrow still shows where one is", async ({ page, platform }) => {
  await opens(page, platform, "/audit", { "GET /admin/audit-logs": AUDIT });
  await handle(page, "rows").waitFor();
  await page.setViewportSize({ width: 375, height: 800 });
  const ways = page.getByRole("navigation", { name: "Administration" });
  await expect(link(ways, "Audit log")).toBeInViewport({ ratio: 0.9 });
});

test("what is typed about an account outlives a reload", async ({ page, platform }) => {
  await opens(page, platform, `/account?id=${ACCOUNT_DETAIL.account.id}`, {
    [`GET ${ACCOUNT}`]: ACCOUNT_DETAIL,
    [`PUT ${ACCOUNT}`]: ACCOUNT_DETAIL,
  });
  const notes = page.getByLabel("Notes");
  await notes.fill("Called on Tuesday.");
  await sees(page, "Not saved yet.");
  await page.reload();
  await expect(notes).toHaveValue("Called on Tuesday.");
  await notes.press("Control+a");
  await notes.press("Delete");
  const sent = asked(page, "PUT", ACCOUNT);
  await button(page, "Save").click();
  expect((await sent).postDataJSON()).toEqual({
    full_name: "Ada Lovelace",
    company_name: "Analytical Engines",
    notes: null,
  });
  await sees(page, "Saved.");
});

test("many jobs at once: first what will happen, then what did", async ({
  page,
  platform,
  watch,
}) => {
  watch.expect(409, platform.api);
  await opens(page, platform, "/jobs", {
    "GET /admin/jobs": JOBS,
    "POST /admin/jobs/4711/retry": { ...DEAD_JOB, state: "queued" },
    "POST /admin/jobs/4705/retry": new Refusal({
      status: 409,
      code: "job_not_dead",
      detail: "This job is not dead any more.",
    }),
  });
  await page.getByLabel("Select all on this page").check();
  await sees(handle(page, "bulk-bar"), "5 selected");
  await button(handle(page, "bulk-bar"), "Try again").click();
  const dialog = page.getByRole("dialog");
  await sees(dialog, "Try again (2)");
  await sees(dialog, "Left as they are (3)");
  await sees(dialog, "it is not dead (Running)");
  await dialog.getByLabel("Reason").fill("The port is free again");
  const sent = asked(page, "POST", "/admin/jobs/4711/retry");
  await button(dialog, "Try again").click();
  expect((await sent).postDataJSON()).toEqual({ reason: "The port is free again" });
  await sees(handle(dialog, "bulk-outcome"), "1 of 2 done.");
  await sees(handle(dialog, "bulk-outcome"), "This job is not dead any more.");
  await button(dialog, "Close").click();
  await expect(handle(page, "bulk-bar")).toHaveCount(0);
});

test("many instances at once want one reason", async ({ page, platform }) => {
  await opens(page, platform, "/instances", {
    "GET /admin/instances": INSTANCES,
    "POST /admin/instances/7/restart": { success: true },
  });
  await page.getByLabel("Select all on this page").check();
  await button(handle(page, "bulk-bar"), "Restart").click();
  const dialog = page.getByRole("dialog");
  await sees(dialog, "Restart (1)");
  await sees(dialog, "not while it is “Stopped”");
  await expect(button(dialog, "Restart")).toBeDisabled();
  await dialog.getByLabel("Reason").fill("New certificates");
  const sent = asked(page, "POST", "/admin/instances/7/restart");
  await button(dialog, "Restart").click();
  expect((await sent).postDataJSON()).toEqual({ reason: "New certificates" });
  await sees(handle(dialog, "bulk-outcome"), "1 of 1 done.");
});

test("a job shows what can be done with it, and nothing else", async ({ page, platform }) => {
  let job = DEAD_JOB;
  await opens(page, platform, "/job?id=4711", {
    "GET /admin/jobs/4711": () => job,
    "POST /admin/jobs/4711/discard": () => (job = { ...job, state: "discarded", actions: [] }),
  });
  await sees(handle(page, "job-error"), "the port 31007 is in use");
  await button(page, "Give up").click();
  await page.getByRole("dialog").getByLabel("Reason").fill("Its customer left");
  await button(page.getByRole("dialog"), "Give up").click();
  await sees(page, "Job 4711 was given up.");
  await sees(page, "There is nothing to be done with it.");
  await expect(handle(page, "job-state")).toHaveText("Given up");
});

test("an event of Stripe is acted on again", async ({ page, platform }) => {
  await opens(page, platform, "/webhooks", {
    "GET /admin/webhook-events": WEBHOOKS,
    "POST /admin/webhook-events/evt_1/replay": { event: WEBHOOKS.data[2], job: null },
  });
  await button(page, "Replay evt_1").click();
  await sees(page.getByRole("dialog"), "customer.subscription.created (evt_1)");
  await page.getByRole("dialog").getByLabel("Reason").fill("The customer is known now");
  const sent = asked(page, "POST", "/admin/webhook-events/evt_1/replay");
  await button(page.getByRole("dialog"), "Replay").click();
  expect((await sent).postDataJSON()).toEqual({ reason: "The customer is known now" });
  await sees(handle(page, "command-done"), "evt_1 is acted on again.");
});

/** Lists whose rows open: where, what the API answers, a row's name, and what its columns have no room for. */
const OPENING = [
  [
    "/subscriptions",
    "GET /admin/subscriptions",
    SUBSCRIPTIONS,
    "ada.lovelace@example.com",
    "Trial ends",
  ],
  ["/payments", "GET /admin/payments", PAYMENT_LIST, PAYMENT_LIST.data[0]?.number ?? "", "in_"],
  ["/webhooks", "GET /admin/webhook-events", WEBHOOKS, "invoice.paid", "API version"],
] as const;

for (const [path, question, answer, row, sign] of OPENING) {
  test(`all that is known of a row: ${path}`, async ({ page, platform }) => {
    await opens(page, platform, path, { [question]: answer });
    await button(page, `Details of ${row}`).click();
    const dialog = page.getByRole("dialog", { name: row });
    await sees(handle(dialog, "details"), sign);
    await expect(page, "it can be passed on").toHaveURL(/[?&]open=/);
    await page.reload();
    await sees(handle(dialog, "details"), sign);
    await button(dialog, "Close").click();
    await expect(dialog).toHaveCount(0);
    await expect(page).not.toHaveURL(/open=/);
  });
}

test("an entry of the audit log opens with its request and its details", async ({
  page,
  platform,
}) => {
  await opens(page, platform, "/audit", { "GET /admin/audit-logs": AUDIT });
  await page
    .getByRole("button", { name: /^Details of/ })
    .first()
    .click();
  const details = handle(page.getByRole("dialog"), "details");
  await sees(details, "Request");
  await page.goBack();
  await expect(details).toHaveCount(0);
});

test("the audit log is saved as it is filtered", async ({ page, platform }) => {
  await opens(page, platform, "/audit?actor_type=admin&sort=action", {
    "GET /admin/audit-logs": AUDIT,
  });
  await handle(page, "rows").waitFor();
  await page.route(`${platform.api}/admin/audit-logs?**`, (route) => {
    if (route.request().headers()["accept"] !== "text/csv") return route.fallback();
    return route.fulfill({
      headers: { "access-control-allow-origin": platform.app },
      contentType: "text/csv; charset=utf-8",
      body: "id,action\r\n9,account.suspend\r\n",
    });
  });
  const [download, request] = await Promise.all([
    page.waitForEvent("download"),
    asked(page, "GET", "/admin/audit-logs"),
    button(page, "Download as CSV").click(),
  ]);
  expect(new URL(request.url()).search).toBe("?_sort=action&_order=ASC&actor_type=admin");
  expect(download.suggestedFilename()).toBe("audit-log.csv");
  await button(page, "Older entries").click();
  await arrives(page, "/admin/audit?actor_type=admin&before=1204&sort=action");
});

test("what is not there is said on each detail page", async ({ page, platform, watch }) => {
  watch.expect(404, platform.api);
  const gone = new Refusal({ status: 404, code: "not_found", detail: "There is none." });
  const id = "0198c0de-0000-7000-8000-00000000dead";
  await setStage(page, platform, {
    admin: true,
    answers: {
      [`GET /admin/accounts/${id}`]: gone,
      "GET /admin/instances/99": gone,
      "GET /admin/jobs/99": gone,
    },
  });
  for (const [path, text] of [
    [`/account?id=${id}`, "No such account"],
    ["/account?id=nonsense", "No such account"],
    ["/instance?id=99", "No such instance"],
    ["/job?id=99", "No such job"],
    ["/job?id=-1", "No such job"],
  ] as const) {
    await page.goto(`${platform.app}/admin${path}`);
    await sees(handle(page, "empty"), text);
  }
});

test("all instances are reconciled once it was said how many", async ({ page, platform }) => {
  const planned = {
    preview: true,
    instances: 3,
    enqueued: 2,
    joined: 1,
    begun_at: "2026-11-24T10:00:00Z",
    total: 3,
    synced: 2,
    errors: 1,
    waiting: 0,
    updates: [],
  };
  await opens(page, platform, "/instances", {
    "GET /admin/instances": INSTANCES,
    "POST /admin/sync-instances": planned,
  });
  await button(page, "Reconcile all").click();
  const dialog = page.getByRole("dialog");
  await sees(dialog, "3 instances are compared with what they should be");
  await sees(dialog, "2 of 3 done, 1 failed");
  await dialog.getByLabel("Reason").fill("Work on the machines");
  const sent = asked(page, "POST", "/admin/sync-instances");
  await button(dialog, "Reconcile all").click();
  expect((await sent).postDataJSON()).toEqual({ reason: "Work on the machines" });
  await sees(handle(page, "command-done"), "All instances are being reconciled.");
});
