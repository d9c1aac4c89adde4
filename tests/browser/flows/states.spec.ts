// Trouble, each kind as a person meets it: said in words, with a way on, and without losing what was typed.

import { DASHBOARD, DEAD_JOB, INSTANCE_DETAIL, STATS } from "../support/admin-answers";
import {
  ACCOUNTS,
  DONE,
  FREE,
  HOBBY,
  MINE,
  RUNNING,
  type Subscription,
  USED,
  WITH_PASSWORD,
} from "../support/answers";
import { arrives, button, handle, link, sees } from "../support/pages";
import { NEVER, Refusal, setStage } from "../support/stage";
import { expect, keep, test } from "../support/test";

const CHECKOUT = "/checkout?plan=hobby&cycle=monthly";

test("empty: the dashboard says what is missing and leads to it", async ({ page, platform }) => {
  await setStage(page, platform, { subscription: FREE });
  await page.goto(`${platform.app}/dashboard`);
  await sees(handle(page, "empty"), "No instance yet");
  await link(handle(page, "empty"), "Choose a plan").click();
  await arrives(page, "/");
  await handle(page, "plans").waitFor();
});

test("loading and slow: a page that waits long says so", async ({ page, platform }) => {
  await page.clock.install();
  const answers = { "GET /my/instances": NEVER };
  await setStage(page, platform, { answers });
  await page.goto(`${platform.app}/dashboard`);
  await handle(page, "loading").first().waitFor();
  await expect(handle(page, "loading")).toHaveCount(1);
  await page.clock.runFor(7_000);
  await sees(page, "This takes longer than usual. We are still trying.");
  await keep(page, "state-slow");
});

test("offline: the page says so, keeps what was typed, and goes on", async ({
  page,
  context,
  platform,
  watch,
}) => {
  await setStage(page, platform, { subscription: FREE });
  await page.goto(platform.app + CHECKOUT);
  const address = page.getByLabel("Address of your instance");
  await address.fill("acme-labs");
  watch.expectNoNetwork();
  await context.setOffline(true);
  await handle(page, "offline").waitFor();
  await page.route(`${platform.api}/stripe/checkout`, (route) =>
    route.abort("internetdisconnected"),
  );
  await button(page, "Continue to payment").click();
  await sees(handle(page, "problem"), "You are offline. Nothing that you typed is lost");
  await expect(address).toHaveValue("acme-labs");
  await keep(page, "state-offline");

  await context.setOffline(false);
  await handle(page, "offline").waitFor({ state: "hidden" });
  await page.reload();
  await expect(address, "a reload does not lose it either").toHaveValue("acme-labs");
});

test("expired session: sign-in explains, and leads back with what was typed", async ({
  page,
  platform,
  watch,
}) => {
  await setStage(page, platform, { subscription: FREE });
  await page.goto(platform.app + CHECKOUT);
  await page.getByLabel("Address of your instance").fill("acme-labs");
  watch.expect(401, platform.api);
  watch.expect(400, platform.auth);
  watch.expect(401, platform.auth);
  watch.expect(403, platform.auth);
  await page.route(`${platform.api}/stripe/checkout`, (route) =>
    route.fulfill({
      status: 401,
      headers: { "access-control-allow-origin": platform.app },
      json: { code: "unauthenticated", detail: "Sign in.", request_id: "r" },
    }),
  );
  await button(page, "Continue to payment").click();
  await arrives(page, "/auth/sign-in?next=%2Fcheckout");
  await expect(handle(page, "reason")).toHaveText(
    "Your session has ended. Sign in again to go on where you were.",
  );
  await keep(page, "state-session-expired");
  const kept = await page.evaluate(() => sessionStorage.getItem("mindroom.wished-address"));
  expect(kept).toBe("acme-labs");
});

test("rate limited: the page counts down and lets one try again", async ({
  page,
  platform,
  watch,
}) => {
  watch.expect(429, platform.api);
  let asked = 0;
  const limited = new Refusal({
    status: 429,
    code: "rate_limited",
    detail: "Too many requests. Wait a little.",
    headers: { "retry-after": "2" },
  });
  await setStage(page, platform, {
    answers: { "GET /my/subscription": () => (asked++ === 0 ? limited : HOBBY) },
  });
  await page.goto(`${platform.app}/billing`);
  const notice = handle(page, "problem");
  await sees(notice, "Too many requests. Wait a little.");
  await expect(notice.getByRole("button")).toBeDisabled();
  await expect(notice.getByRole("button")).toHaveText(/Try again in \d s/);
  await keep(page, "state-rate-limited");
  await button(notice, "Try again").click();
  await handle(page, "subscription").waitFor();
});

test("server error: said with the request's name, and tried again", async ({
  page,
  platform,
  watch,
}) => {
  watch.expect(500, platform.api);
  let asked = 0;
  const broken = new Refusal({
    status: 500,
    code: "internal",
    detail: "Something went wrong on our side. We have a record of it under the request id.",
  });
  await setStage(page, platform, {
    answers: { "GET /my/subscription": () => (asked++ === 0 ? broken : HOBBY) },
  });
  await page.goto(`${platform.app}/billing`);
  const notice = handle(page, "problem");
  await sees(notice, "Something went wrong on our side");
  await sees(notice, "req-0001");
  await keep(page, "state-server-error");
  await button(notice, "Try again").click();
  await handle(page, "subscription").waitFor();
});

/** Pages by the question that fills them, with an answer to it and the sign that it is there. */
const FILLED: readonly [path: string, question: string, answer: unknown, sign: string][] = [
  ["/usage", "GET /my/usage", USED, "usage"],
  ["/activity", "GET /my/audit", { entries: DONE, next: null }, "activity"],
  ["/settings", "GET /my/account", MINE, "profile"],
  ["/admin", "GET /admin/stats", STATS, "figures"],
  ["/admin", "GET /admin/metrics/dashboard", DASHBOARD, "days"],
  ["/admin/accounts", "GET /admin/accounts", ACCOUNTS, "rows"],
  ["/admin/job?id=4711", "GET /admin/jobs/4711", DEAD_JOB, "job-error"],
  ["/admin/instance?id=7", "GET /admin/instances/7", INSTANCE_DETAIL, "instance"],
];

/** What the overview asks besides. */
const OVERVIEW = { "GET /admin/stats": STATS, "GET /admin/metrics/dashboard": DASHBOARD };

for (const [path, question, answer, sign] of FILLED) {
  test(`${path} by ${question}: slow, then broken, then there`, async ({
    page,
    platform,
    watch,
  }) => {
    watch.expect(500, platform.api);
    await page.clock.install();
    const broken = new Refusal({
      status: 500,
      code: "internal",
      detail: "We have a record of it.",
    });
    let next: unknown = NEVER;
    await setStage(page, platform, {
      admin: true,
      answers: { ...OVERVIEW, [question]: () => next },
    });
    await page.goto(platform.app + path);
    await handle(page, "loading").first().waitFor();
    await page.clock.runFor(7_000);
    await sees(page, "This takes longer than usual. We are still trying.");
    next = broken;
    await page.reload();
    await sees(handle(page, "problem"), "We have a record of it.");
    next = answer;
    await button(handle(page, "problem"), "Try again").click();
    await handle(page, sign).first().waitFor();
    await expect(handle(page, "problem")).toHaveCount(0);
  });
}

test("an answer that is no answer still gets words", async ({ page, platform, watch }) => {
  watch.expect(500, platform.api);
  await setStage(page, platform);
  await page.route(`${platform.api}/my/subscription`, (route) =>
    route.fulfill({
      status: 500,
      headers: { "access-control-allow-origin": platform.app },
      body: "<h1>Bad gateway</h1>",
    }),
  );
  await page.goto(`${platform.app}/billing`);
  await sees(handle(page, "problem"), "The platform answered with an error (500).");
});

test("live updates that are interrupted leave the page as it was", async ({
  page,
  platform,
  watch,
}) => {
  watch.expect(503, platform.api);
  await setStage(page, platform, {
    instances: [RUNNING],
    answers: {
      "GET /my/instances/7/events": new Refusal({
        status: 503,
        code: "unavailable",
        detail: "The database cannot be reached at present.",
      }),
    },
  });
  await page.goto(`${platform.app}/instance?id=7`);
  await sees(handle(page, "interrupted"), "Live updates are interrupted");
  await handle(page, "frontend-url").waitFor();
});

test("a password that was used goes from the page by itself", async ({ page, platform }) => {
  let used = false;
  await page.clock.install();
  await setStage(page, platform, {
    instances: [WITH_PASSWORD],
    answers: { "GET /my/instances/7": () => (used ? RUNNING : WITH_PASSWORD) },
  });
  await page.goto(`${platform.app}/instance?id=7`);
  await handle(page, "owner-password").waitFor();
  used = true;
  await page.clock.runFor(6_000);
  await handle(page, "password-used").waitFor();
  await expect(handle(page, "owner-password")).toHaveCount(0);
});

test("an unknown instance and an unknown page say so", async ({ page, platform, watch }) => {
  watch.expect(404, platform.app);
  await setStage(page, platform);
  await page.goto(`${platform.app}/instance?id=nonsense`);
  await sees(page, "No such instance");
  await page.goto(`${platform.app}/no-such-page`);
  await sees(page, "This page does not exist");
});

test("a taken address is said beside the field, which keeps it", async ({
  page,
  platform,
  watch,
}) => {
  watch.expect(409, platform.api);
  await setStage(page, platform, {
    answers: {
      "POST /my/instances/provision": new Refusal({
        status: 409,
        code: "subdomain_taken",
        detail: "This address is taken. Choose another one.",
      }),
    },
  });
  await page.goto(`${platform.app}/dashboard`);
  const address = page.getByLabel("Address of your instance");
  await address.fill("acme");
  await button(page, "Create instance").click();
  await sees(handle(page, "problem"), "This address is taken.");
  await expect(address).toHaveValue("acme");
});

test.describe("coming back from the payment page", () => {
  const RETURN = "/dashboard?checkout=success&session_id=cs_test";

  test("cancelled: nothing was charged", async ({ page, platform }) => {
    await setStage(page, platform, { subscription: FREE });
    await page.goto(`${platform.app}/dashboard?checkout=cancelled`);
    await sees(handle(page, "checkout-cancelled"), "nothing was charged");
    await handle(page, "plan").waitFor();
  });

  test("paid, after a moment: the instance is asked for", async ({ page, platform }) => {
    const said: Subscription[] = [FREE, FREE, HOBBY];
    await setStage(page, platform, {
      instances: [RUNNING],
      answers: {
        "GET /my/subscription": () => (said.length > 1 ? said.shift() : said[0]),
        "POST /my/instances/provision": { success: true, message: "", instance: RUNNING },
      },
    });
    await page.goto(platform.app + RETURN);
    await handle(page, "checkout-waiting").waitFor();
    await arrives(page, "/instance?id=7");
  });

  test("needs action: the way back to the payment", async ({ page, platform }) => {
    const subscription = { ...HOBBY, status: "incomplete", can_run_instances: false };
    await setStage(page, platform, { subscription });
    await page.goto(platform.app + RETURN);
    await sees(handle(page, "checkout-action"), "Your payment needs you");
    await button(page, "Finish the payment").waitFor();
  });

  test("still processing: one may leave", async ({ page, platform }) => {
    await page.clock.install();
    await setStage(page, platform, { subscription: FREE });
    await page.goto(platform.app + RETURN);
    await handle(page, "checkout-waiting").waitFor();
    await page.clock.runFor(61_000);
    await sees(handle(page, "checkout-late"), "You can leave this page");
    await link(handle(page, "checkout-waiting"), "Go to the dashboard").waitFor();
  });
});
