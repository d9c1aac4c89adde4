// On the real platform: what an administrator does to an account, and what the account sees of it.

import { readFile } from "node:fs/promises";
import type { BrowserContext, Page } from "@playwright/test";

import { arrives, button, findsRow, handle, link, sees, signIn } from "../support/pages";
import { makeOnlyAdministrator, signUpByApi } from "../support/person";
import type { Person, Platform } from "../support/platform";
import { expect, keep, test } from "../support/test";

test("an account is suspended with a reason, told so, and let in again", async ({
  page,
  browser,
  platform,
}) => {
  test.setTimeout(180_000);
  const person = await signUpByApi(platform);
  const context = await browser.newContext();
  const theirs = await context.newPage();
  await signIn(theirs, platform.app, person);
  await handle(theirs, "plan").waitFor();

  await signIn(page, platform.app, platform.admin);
  await opensAccount(page, platform, person);
  await commands(page, "Suspend", "Did not answer our letters", person.email);
  await expect(handle(page, "account-status")).toHaveText("Suspended");
  await sees(handle(page, "activity"), "Did not answer our letters");
  await keep(page, "21-admin-account");

  await theirs.reload();
  await handle(theirs, "account-suspended").waitFor();
  await keep(theirs, "22-suspended");

  await commands(page, "Let in again", "They answered");
  await expect(handle(page, "account-status")).toHaveText("Active");
  await button(theirs, "Look again").click();
  await handle(theirs, "plan").waitFor();
  await link(theirs, "Activity").click();
  await sees(handle(theirs, "activity"), "Our support suspended the account.");
  await expect(handle(theirs, "activity"), "why is the staff's own").not.toContainText("letters");
  await context.close();

  await link(page, "Its whole log").click();
  await arrives(page, "/admin/audit?account_id=");
  await sees(handle(page, "rows"), "They answered");
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    button(page, "Download as CSV").click(),
  ]);
  const csv = await readFile(await download.path(), "utf8");
  expect(csv.split("\r\n")[0]).toMatch(/^id,created_at,/);
  expect(csv).toContain("Did not answer our letters");
});

test("notes are kept, and the last administrator stays one", async ({ page, platform, watch }) => {
  const person = await signUpByApi(platform);
  await signsInOnce(page.context(), platform, person);
  await signIn(page, platform.app, platform.admin);
  await opensAccount(page, platform, person);
  await page.getByLabel("Notes").fill("Asked for a longer trial.");
  await button(page, "Save").click();
  await sees(page, "Saved.");
  await page.reload();
  await expect(page.getByLabel("Notes")).toHaveValue("Asked for a longer trial.");

  await makeOnlyAdministrator(platform);
  watch.expect(409, platform.api);
  await opensAccount(page, platform, platform.admin);
  await button(page, "Take administration away").click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Reason").fill("Leaves the company");
  await button(dialog, "Take administration away").click();
  await handle(dialog, "problem").waitFor();
  await expect(dialog.getByLabel("Reason")).toHaveValue("Leaves the company");
});

test("every page of the administration answers with real rows", async ({ page, platform }) => {
  await signIn(page, platform.app, platform.admin);
  for (const [path, sign] of [
    ["", "figures"],
    ["/accounts", "rows"],
    ["/audit", "rows"],
  ] as const) {
    await page.goto(`${platform.app}/admin${path}`);
    await handle(page, sign).first().waitFor();
  }
  // Of these there may be none yet: then they say so.
  for (const path of [
    "/jobs",
    "/instances",
    "/subscriptions",
    "/payments",
    "/usage",
    "/webhooks",
  ]) {
    await page.goto(`${platform.app}/admin${path}`);
    await handle(page, "rows").or(handle(page, "empty")).first().waitFor();
    await expect(handle(page, "problem")).toHaveCount(0);
  }
});

test("settings: names, consent, one's data, and the end that is taken back", async ({
  page,
  platform,
  watch,
}) => {
  const person = await signUpByApi(platform);
  await signIn(page, platform.app, person);
  await link(page, "Settings").click();
  await page.getByLabel("Name", { exact: true }).fill("Ada Lovelace");
  await button(page, "Save").click();
  await sees(handle(page, "profile"), "Saved.");
  await page.getByLabel("Write to me about news").check();
  await sees(handle(page, "consent"), "Saved.");
  await page.reload();
  await expect(page.getByLabel("Name", { exact: true })).toHaveValue("Ada Lovelace");
  await expect(page.getByLabel("Write to me about news")).toBeChecked();

  const [download] = await Promise.all([
    page.waitForEvent("download"),
    button(page, "Download my data").click(),
  ]);
  const data = JSON.parse(await readFile(await download.path(), "utf8")) as {
    personal_data: { email: string; full_name: string };
  };
  expect(data.personal_data).toMatchObject({ email: person.email, full_name: "Ada Lovelace" });

  watch.expect(403, platform.api);
  await button(page, "Delete my account").click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel(/^Type/).fill(person.email);
  await button(dialog, "Delete the account").click();
  await handle(page, "account-leaving").waitFor();
  await keep(page, "23-account-leaving");
  await button(page, "Keep my account").click();
  await handle(page, "profile").waitFor();
  await page.goto(`${platform.app}/dashboard`);
  await handle(page, "plan").waitFor();
});

/** Opens an account's page by way of the list. */
async function opensAccount(page: Page, { app }: Platform, { email }: { email: string }) {
  await page.goto(`${app}/admin/accounts`);
  await findsRow(page, "accounts", email);
  await link(page, email).click();
  await handle(page, "account").waitFor();
}

/** Gives a command with its reason, and the confirmation where one is asked for. */
async function commands(page: Page, name: string, reason: string, confirm?: string) {
  await button(page, name).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Reason").fill(reason);
  if (confirm) await dialog.getByLabel(/^Type/).fill(confirm);
  await button(dialog, name).click();
  await handle(page, "command-done").waitFor();
}

/** The account's row is made when it is first seen. */
async function signsInOnce(context: BrowserContext, platform: Platform, person: Person) {
  const page = await context.newPage();
  await signIn(page, platform.app, person);
  await handle(page, "plan").waitFor();
  await page.evaluate(() => localStorage.clear());
  await page.close();
}
