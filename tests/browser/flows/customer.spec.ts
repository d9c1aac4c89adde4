// A customer's whole way in a real browser: from the prices to a running instance, and to its end.

import {
  arrives,
  button,
  fillCredentials,
  findsRow,
  handle,
  link,
  problem,
  sees,
  signOut,
} from "../support/pages";
import { ask, newPerson } from "../support/platform";
import { expect, keep, test } from "../support/test";
import { createsAccount, GOOD_CARD } from "./buying";
import * as instance from "./instance";

const PLANS = ["free", "byok", "hobby", "pro", "enterprise"];

interface Price {
  amount_monthly?: number | null;
  currency: string;
}

interface Prices {
  plans: Record<string, Price>;
  trial: { days: number };
}

test("a customer buys, uses and deletes an instance", async ({
  page,
  context,
  platform,
  watch,
}) => {
  test.setTimeout(600_000);
  const person = newPerson();
  await context.grantPermissions(["clipboard-read", "clipboard-write"], { origin: platform.app });
  const act = (name: string, body: () => Promise<void>) => test.step(name, body);
  const pricing = JSON.parse((await ask(`${platform.api}/pricing/config`)).text) as Prices;
  const hobby = pricing.plans["hobby"] as Required<Price> & { amount_monthly: number };

  await act("see the plans and their prices", async () => {
    await page.goto(platform.app);
    await handle(page, "plans").waitFor();
    await expect(handle(page, "plans").locator("> li")).toHaveCount(PLANS.length);
    for (const plan of PLANS) {
      const price = pricing.plans[plan] as Price;
      await expect(handle(page, `price-${plan}`), plan).toHaveText(priceOf(price));
    }
    await keep(page, "01-plans");
  });

  await act("choose Hobby and sign up", async () => {
    await link(page, "Choose Hobby").click();
    await arrives(page, "/auth/sign-in?next=");
    await link(page, "Create account").click();
    await arrives(page, "/auth/sign-up?next=");
    await fillCredentials(page, person);
    await keep(page, "02-sign-up");
    await createsAccount(page, platform, person, "/checkout?plan=hobby");
  });

  await act("wish for an address", async () => {
    await handle(page, "order").waitFor();
    const address = page.getByLabel("Address of your instance");
    await address.fill("not_a_name");
    await sees(page, "Use lower-case letters, digits and hyphens only.");
    await button(page, "Continue to payment").click();
    expect(new URL(page.url()).pathname, "an invalid address leads nowhere").toBe("/checkout");
    await keep(page, "03-checkout-invalid-address");
    await address.fill(person.subdomain);
    await handle(page, "name-free").waitFor();
    await expect(handle(page, "field-problem")).toHaveCount(0);
    await keep(page, "04-checkout");
  });

  await act("see amount and trial on the payment page", async () => {
    await button(page, "Continue to payment").click();
    await page.waitForURL(`${platform.stripe}/**`);
    const { amount_monthly, currency } = hobby;
    await sees(page, `${(amount_monthly / 100).toFixed(2)} ${currency.toUpperCase()}`);
    const free = new Date(Date.now() + pricing.trial.days * 86_400_000);
    await expect(page.locator("main")).toContainText(freeUntil(free));
    await page.getByLabel("Card number").fill(GOOD_CARD);
    await keep(page, "05-payment");
  });

  await act("pay and come back to the new instance", async () => {
    await button(page, "Start trial").click();
    await page.waitForURL(`${platform.app}/**`);
    await arrives(page, "/instance?id=");
  });

  await act("watch the instance come up", () => instance.comesUp(page, person));
  await act("read what happened", () => instance.tellsItsStory(page));
  await act("read how to sign in", () => instance.showsItsOwner(page, person));
  await act("open its dashboard", () => instance.hasADashboard(page, watch));
  await act("sign in to its homeserver", () => instance.letsItsOwnerIn(page));
  await act("stop it", () => instance.stops(page, context, watch));
  await act("start it again", () => instance.starts(page));

  await act("see plan and instance on the dashboard", async () => {
    await link(page, "Dashboard").last().click();
    await arrives(page, "/dashboard");
    await handle(page, "plan").getByText("Hobby plan").waitFor();
    await handle(page, "instances").getByText(person.subdomain).first().waitFor();
    await keep(page, "12-dashboard");
    await link(page, "Billing").first().click();
    await arrives(page, "/billing");
    await expect(handle(page, "subscription-status").first()).toContainText(/trial/i);
    await sees(handle(page, "timeline"), "Your free days end, and the first payment follows");
    const invoices = handle(page, "invoices");
    await invoices
      .getByTestId("rows")
      .or(invoices.getByText("There are no invoices yet."))
      .waitFor();
    await keep(page, "13-billing");
    await link(page, "Usage").first().click();
    await arrives(page, "/usage");
    await link(page, "Activity").first().click();
    await sees(handle(page, "activity"), "You asked to stop an instance.");
    await keep(page, "13b-activity");
  });

  await act("delete the instance", async () => {
    await link(page, "Dashboard").last().click();
    await link(page, `Details of ${person.subdomain}`).click();
    await instance.goes(page, person);
    await link(page, "Dashboard").last().click();
    await handle(page, "create-instance").waitFor();
    await expect(handle(page, "instances").locator("> li")).toHaveCount(0);
    await keep(page, "16-dashboard-without-instance");
  });

  await act("sign out", async () => {
    await signOut(page);
    await link(page, "Sign in").waitFor();
    await arrives(page, "/");
  });

  await act("fail to sign in with a wrong password", async () => {
    watch.expect(400, `${platform.auth}/auth/v1/token`);
    await link(page, "Sign in").click();
    await arrives(page, "/auth/sign-in");
    await fillCredentials(page, { email: person.email, password: `${person.password}x` });
    await button(page, "Sign in").click();
    expect(await problem(page)).toMatch(/password/i);
    expect(new URL(page.url()).pathname).toBe("/auth/sign-in");
    await keep(page, "17-wrong-password");
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
    await link(page, "Administration").click();
    await handle(page, "figures").waitFor();
    await keep(page, "18-admin");
    await link(page, "Accounts").first().click();
    expect(await findsRow(page, "accounts", person.email)).toMatch(/Hobby/);
    await keep(page, "19-admin-accounts");
    await link(page, "Instances").first().click();
    expect(await findsRow(page, "instances", person.subdomain)).toMatch(/Deleted/);
    await keep(page, "20-admin-instances");
  });
});

/** As the plan's card says it. */
function priceOf({ amount_monthly: amount, currency }: Price): string {
  if (amount === null || amount === undefined) return "Let us talk";
  if (amount === 0) return "Free";
  const digits = amount % 100 ? 2 : 0;
  const style = { style: "currency", currency, minimumFractionDigits: digits } as const;
  return `${new Intl.NumberFormat("en-US", style).format(amount / 100)} per month`;
}

/** The trial's end, whichever zone the page counts its days in. */
function freeUntil(date: Date): RegExp {
  const month = date.toLocaleString("en-US", { month: "long", timeZone: "UTC" });
  return new RegExp(`Free until ${date.getUTCDate()} ${month} ${date.getUTCFullYear()}`);
}
