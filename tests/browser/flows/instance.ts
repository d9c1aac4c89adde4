// The acts around one instance, on its page and at its addresses.
//
// In pods its dashboard asks for a key, since the web gate is not there yet; `DASHBOARD=closed` says so.

import { expect, type BrowserContext, type Page } from "@playwright/test";

import { button, copied, handle, instanceIs, seesAStepHappen, sees, steps } from "../support/pages";
import { ask, type Person } from "../support/platform";
import { keep } from "../support/test";
import type { Watch } from "../support/watch";

const isClosed = process.env["DASHBOARD"] === "closed";

/** It comes up before the eyes of the person: steps are seen under way, and done at the end. */
export async function comesUp(page: Page, { subdomain }: Person): Promise<void> {
  await page.getByRole("heading", { level: 1, name: subdomain }).waitFor();
  const seen = seesAStepHappen(page);
  await handle(page, "steps").locator("li[data-state=running]").first().waitFor();
  await expect(handle(page, "total-time")).toContainText("so far");
  await keep(page, "06-instance-coming-up");
  await seen;
  await instanceIs(page, "running");
  const after = await steps(page);
  expect(after.length).toBeGreaterThan(1);
  expect(after.filter(({ state }) => state !== "done")).toEqual([]);
  await expect(handle(page, "total-time")).toContainText("in all");
}

/** What happened stands there in sentences, without the platform's own words. */
export async function tellsItsStory(page: Page): Promise<void> {
  const events = handle(page, "events");
  await sees(events, "The instance is running.");
  // There only when the story is long.
  const more = button(page, "Show everything");
  if ((await more.count()) > 0) await more.click();
  await sees(events, "You asked for this instance.");
  const story = await events.innerText();
  expect(story).not.toMatch(/_|\b(wish|step|status|provision|reconcile)\b/i);
}

/** Its page shows the owner's Matrix id, and the password when asked. */
export async function showsItsOwner(page: Page, { subdomain }: Person): Promise<void> {
  await keep(page, "07-instance-running");
  const id = await handle(page, "owner-matrix-id").innerText();
  expect(id).toMatch(new RegExp(`^@.+:${subdomain}\\.`));
  expect(await copied(page, "the Matrix id")).toBe(id);
  const password = await copied(page, "the password");
  await expect(handle(page, "owner-password")).not.toContainText(password);
  await button(page, "Show the password").click();
  await expect(handle(page, "owner-password")).toHaveText(password);
}

/** Its address opens MindRoom's own dashboard. */
export function hasADashboard(page: Page, watch: Watch): Promise<void> {
  return isClosed ? asksForAKey(page) : showsADashboard(page, watch);
}

async function asksForAKey(page: Page): Promise<void> {
  const tab = await page.context().newPage();
  const answer = await tab.goto(await handle(page, "frontend-url").innerText());
  expect(answer?.status()).toBe(200);
  expect(new URL(tab.url()).pathname).toBe("/login");
  await expect(tab).toHaveTitle(/MindRoom/);
  await keep(tab, "08-mindroom");
  await tab.close();
}

/** With the agent and the room that it begins with. */
async function showsADashboard(page: Page, watch: Watch): Promise<void> {
  await expect(handle(page, "instance-notice"), "MindRoom is left out").toHaveCount(0);
  const address = await handle(page, "frontend-url").innerText();
  // MindRoom asks for the pictures of agents and rooms that have none.
  watch.expect(404, `${address}/api/matrix/`);
  // Parts of it that are still starting say so to its page, which asks them again.
  watch.expect(503, `${address}/api/`);
  const tab = await page.context().newPage();
  const answer = await tab.goto(address);
  expect(answer?.status()).toBe(200);
  await expect(tab).toHaveTitle(/MindRoom/);
  await sees(tab, "Assistant");
  await sees(tab, "Lobby");
  await tab.getByText("Preparing usage report").waitFor({ state: "hidden" });
  await keep(tab, "08-mindroom");
  await tab.close();
}

/** Its homeserver takes what the page shows; the page then shows the password no more, by itself. */
export async function letsItsOwnerIn(page: Page): Promise<void> {
  const user = await handle(page, "owner-matrix-id").innerText();
  const password = await handle(page, "owner-password").innerText();
  const homeserver = await handle(page, "matrix-url").innerText();
  const json = {
    type: "m.login.password",
    identifier: { type: "m.id.user", user },
    password,
  };
  const answer = await ask(`${homeserver}/_matrix/client/v3/login`, { method: "POST", json });
  expect(answer.status, answer.text).toBe(200);
  expect((JSON.parse(answer.text) as { user_id: string }).user_id).toBe(user);
  await handle(page, "password-used").waitFor({ timeout: 60_000 });
}

/** Stopped, its address says so. */
export async function stops(page: Page, context: BrowserContext, watch: Watch): Promise<void> {
  const address = await handle(page, "frontend-url").innerText();
  await button(page, "Stop").click();
  await instanceIs(page, "stopped");
  await keep(page, "09-instance-stopped");
  watch.expect(503, address);
  const tab = await context.newPage();
  expect((await tab.goto(address))?.status()).toBe(503);
  await sees(tab, /stopped/i);
  await keep(tab, "10-status-page");
  await tab.close();
}

/** Started again, it answers. */
export async function starts(page: Page): Promise<void> {
  await button(page, "Start").click();
  await instanceIs(page, "running");
  const address = await handle(page, "frontend-url").innerText();
  expect((await ask(address)).status).toBe(isClosed ? 307 : 200);
  await keep(page, "11-instance-running-again");
}

/** It is deleted, but only when its name was typed. */
export async function goes(page: Page, { subdomain }: Person): Promise<void> {
  await button(page, "Delete").click();
  const confirmation = page.getByLabel(`Type ${subdomain} to confirm`);
  await confirmation.fill(subdomain.slice(0, -1));
  await expect(button(page, "Delete instance")).toBeDisabled();
  await confirmation.fill(subdomain);
  await keep(page, "14-delete", { fullPage: false });
  await button(page, "Delete instance").click();
  await instanceIs(page, "deprovisioned");
  await keep(page, "15-instance-deleted");
}
