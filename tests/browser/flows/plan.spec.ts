// On the real platform: a plan that is paid after trouble, changed, ended and kept, and what staff does meanwhile.

import {
  arrives,
  button,
  findsRow,
  handle,
  instanceIs,
  link,
  sees,
  signIn,
} from "../support/pages";
import { newPerson } from "../support/platform";
import { expect, keep, test } from "../support/test";
import { ASKING_CARD, buys, orders, pays, REFUSED_CARD } from "./buying";

test("a refused card, a bank that asks, another plan, an end, and none after all", async ({
  page,
  platform,
  watch,
}) => {
  test.setTimeout(300_000);
  const person = newPerson();
  watch.expect(402, platform.stripe);
  await orders(page, platform, person);
  await pays(page, REFUSED_CARD);
  await sees(page, "Your card was declined.");
  await pays(page, ASKING_CARD);
  await sees(page, "Your bank asks");
  await button(page, "Confirm payment").click();
  await page.waitForURL(`${platform.app}/**`);
  await arrives(page, "/instance?id=");

  await link(page, "Billing").first().click();
  await button(page, "Change to Pro").click();
  const dialog = page.getByRole("dialog");
  await handle(dialog, "change-cost").waitFor();
  await keep(page, "24-change-plan");
  await button(dialog, "Change now").click();
  const subscription = handle(page, "subscription");
  await subscription.getByText("Pro plan").waitFor();
  await expect(handle(page, "following")).toHaveCount(0);

  await button(page, "Cancel the subscription").click();
  await button(dialog, "Cancel it").click();
  await sees(handle(page, "timeline"), "Your free days end, and nothing is charged");
  await button(page, "Go on with it").click();
  await sees(handle(page, "timeline"), "Your free days end, and the first payment follows");

  await button(page, "Manage billing").click();
  await page.waitForURL(`${platform.stripe}/**`);
  await sees(page, "Payment method");
  await sees(page, ASKING_CARD.slice(-4));
  await link(page, "Go back").click();
  await arrives(page, "/billing");
  await subscription.getByText("Pro plan").waitFor();
});

test("support stops an instance with a reason, its owner reads who it was, and an event is acted on again", async ({
  page,
  browser,
  platform,
}) => {
  test.setTimeout(300_000);
  const person = newPerson();
  await buys(page, platform, person);
  await instanceIs(page, "running");

  const context = await browser.newContext();
  const staff = await context.newPage();
  await signIn(staff, platform.app, platform.admin);
  await staff.goto(`${platform.app}/admin/instances`);
  await findsRow(staff, "instances", person.subdomain);
  await staff.getByLabel("Select all on this page").check();
  await button(handle(staff, "bulk-bar"), "Stop").click();
  const dialog = staff.getByRole("dialog");
  await sees(dialog, "Stop (1)");
  await dialog.getByLabel("Reason").fill("Sends unasked mail");
  await button(dialog, "Stop").click();
  await sees(handle(dialog, "bulk-outcome"), "1 of 1 done.");
  await button(dialog, "Close").click();

  await instanceIs(page, "stopped");
  await sees(handle(page, "events"), "Our support asked to stop it.");
  await expect(handle(page, "events"), "why is the staff's own").not.toContainText("unasked mail");
  await handle(staff, "rows").locator("tbody a").first().click();
  await sees(handle(staff, "events"), "Support asked to stop it.");

  await staff.goto(`${platform.app}/admin/webhooks?q=${encodeURIComponent(person.email)}`);
  const rows = handle(staff, "rows").locator("tbody tr");
  await rows
    .first()
    .getByRole("button", { name: /^Replay/ })
    .click();
  await dialog.getByLabel("Reason").fill("The plan looks wrong");
  await button(dialog, "Replay").click();
  await sees(handle(staff, "command-done"), "is acted on again.");
  await context.close();
});
