// A customer's whole way in a real browser: from the prices to a running instance, and to its end.

import assert from "node:assert/strict";
import { test } from "node:test";

import { stage } from "./acts.mjs";
import { openBrowser, screenshot } from "./browser.mjs";
import * as instance from "./instance.mjs";
import {
  arrives,
  button,
  fillCredentials,
  findsRow,
  handle,
  link,
  problem,
  sees,
} from "./pages.mjs";
import { addresses, ask, newPerson } from "./platform.mjs";

const PLANS = ["free", "byok", "hobby", "pro", "enterprise"];
const GOOD_CARD = "4242 4242 4242 4242";

test("a customer buys, uses and deletes an instance", async (t) => {
  const platform = addresses();
  const person = newPerson();
  const { browser, context, watch } = await openBrowser();
  t.after(() => browser.close());
  await context.grantPermissions(["clipboard-read", "clipboard-write"], { origin: platform.app });
  const page = await context.newPage();
  const act = stage(t, page, watch);
  const pricing = JSON.parse((await ask(`${platform.api}/pricing/config`)).text);

  await act("see the plans and their prices", async () => {
    await page.goto(platform.app);
    await handle(page, "plans").waitFor();
    assert.equal(await handle(page, "plans").locator("> li").count(), PLANS.length);
    for (const plan of PLANS) {
      const shown = await handle(page, `price-${plan}`).innerText();
      assert.equal(shown, priceOf(pricing.plans[plan]), plan);
    }
    await screenshot(page, "01-plans");
  });

  await act("choose Hobby and sign up", async () => {
    await link(page, "Choose Hobby").click();
    await arrives(page, "/auth/sign-in?next=");
    await link(page, "Sign up").last().click();
    await arrives(page, "/auth/sign-up?next=");
    await fillCredentials(page, person);
    await screenshot(page, "02-sign-up");
    await button(page, "Create account").click();
    await arrives(page, "/checkout?plan=hobby");
  });

  await act("wish for an address", async () => {
    await handle(page, "order").waitFor();
    const address = page.getByLabel("Address of your instance");
    await address.fill("not_a_name");
    await sees(page, "Use lower-case letters, digits and hyphens only.");
    await button(page, "Continue to payment").click();
    assert.equal(new URL(page.url()).pathname, "/checkout", "an invalid address leads nowhere");
    await screenshot(page, "03-checkout-invalid-address");
    await address.fill(person.subdomain);
    assert.equal(await page.getByRole("alert").filter({ hasText: "Use" }).count(), 0);
    await screenshot(page, "04-checkout");
  });

  await act("see amount and trial on the payment page", async () => {
    await button(page, "Continue to payment").click();
    await page.waitForURL(`${platform.stripe}/**`);
    const { amount_monthly, currency } = pricing.plans.hobby;
    await sees(page, `${(amount_monthly / 100).toFixed(2)} ${currency.toUpperCase()}`);
    const free = new Date(Date.now() + pricing.trial.days * 86_400_000);
    assert.match(await page.locator("main").innerText(), freeUntil(free));
    await page.getByLabel("Card number").fill(GOOD_CARD);
    await screenshot(page, "05-payment");
  });

  await act("pay and come back to the new instance", async () => {
    await button(page, "Start trial").click();
    await page.waitForURL(`${platform.app}/**`);
    await arrives(page, "/instance?id=");
  });

  await act("watch the instance come up", () => instance.comesUp(page, person));
  await act("read how to sign in", () => instance.showsItsOwner(page, person));
  await act("open its dashboard", () => instance.hasADashboard(page, context, watch));
  await act("sign in to its homeserver", () => instance.letsItsOwnerIn(page));
  await act("stop it", () => instance.stops(page, context, watch));
  await act("start it again", () => instance.starts(page));

  await act("see plan and instance on the dashboard", async () => {
    await link(page, "Dashboard").click();
    await arrives(page, "/dashboard");
    await handle(page, "plan").getByText("Hobby plan").waitFor();
    await handle(page, "instances").getByText(person.subdomain).first().waitFor();
    await screenshot(page, "12-dashboard");
    await link(page, "Billing").first().click();
    await arrives(page, "/billing");
    assert.match(await handle(page, "subscription-status").first().innerText(), /trial/i);
    await screenshot(page, "13-billing");
  });

  await act("delete the instance", async () => {
    await link(page, "Dashboard").click();
    await link(page, `Details of ${person.subdomain}`).click();
    await instance.goes(page, person);
    await link(page, "Dashboard").click();
    await handle(page, "create-instance").waitFor();
    assert.equal(await handle(page, "instances").locator("> li").count(), 0);
    await screenshot(page, "16-dashboard-without-instance");
  });

  await act("sign out", async () => {
    await button(page, "Sign out").click();
    await link(page, "Sign in").waitFor();
    await arrives(page, "/");
  });

  await act("fail to sign in with a wrong password", async () => {
    watch.expect(400, `${platform.auth}/auth/v1/token`);
    await link(page, "Sign in").click();
    await arrives(page, "/auth/sign-in");
    await fillCredentials(page, { email: person.email, password: `${person.password}x` });
    await button(page, "Sign in").click();
    assert.match(await problem(page), /password/i);
    assert.equal(new URL(page.url()).pathname, "/auth/sign-in");
    await screenshot(page, "17-wrong-password");
  });

  await act("be led to sign-in and back when signed out", async () => {
    await page.goto(`${platform.app}/dashboard`);
    await arrives(page, "/auth/sign-in");
    // Not the page that sign-in leads to anyway.
    await page.goto(`${platform.app}/billing`);
    await arrives(page, "/auth/sign-in?next=");
    await fillCredentials(page, platform.admin);
    await button(page, "Sign in").click();
    await arrives(page, "/billing");
    await sees(page.locator("main"), "Billing");
  });

  await act("see the account and its instance as the admin", async () => {
    await link(page, "Accounts").click();
    assert.match(await findsRow(page, "accounts", person.email), /hobby/);
    await screenshot(page, "18-admin-accounts");
    await link(page, "Instances").click();
    assert.match(await findsRow(page, "instances", person.subdomain), /Deleted/);
    await screenshot(page, "19-admin-instances");
  });
});

/** As the plan's card says it. */
function priceOf({ amount_monthly: amount, currency }) {
  if (amount === null || amount === undefined) return "Let us talk";
  if (amount === 0) return "Free";
  const style = { style: "currency", currency, minimumFractionDigits: amount % 100 ? 2 : 0 };
  return `${new Intl.NumberFormat("en-US", style).format(amount / 100)} per month`;
}

/** The trial's end, whichever zone the page counts its days in. */
function freeUntil(date) {
  const month = date.toLocaleString("en-US", { month: "long", timeZone: "UTC" });
  return new RegExp(`Free until ${date.getUTCDate()} ${month} ${date.getUTCFullYear()}`);
}
