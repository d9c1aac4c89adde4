// The acts around one instance, on its page and at its addresses.

import assert from "node:assert/strict";

import { screenshot } from "./browser.mjs";
import { button, copied, handle, instanceIs, seesAStepHappen, sees, steps } from "./pages.mjs";
import { ask } from "./platform.mjs";

/** It comes up before the eyes of the person: steps are seen under way, and done at the end. */
export async function comesUp(page, { subdomain }) {
  await page.getByRole("heading", { level: 1, name: subdomain }).waitFor();
  const seen = seesAStepHappen(page);
  await handle(page, "steps").locator("li[data-state=running]").first().waitFor();
  await screenshot(page, "06-instance-coming-up");
  await seen;
  await instanceIs(page, "running");
  const after = await steps(page);
  assert.ok(after.length > 1, JSON.stringify(after));
  assert.ok(
    after.every(({ state }) => state === "done"),
    JSON.stringify(after),
  );
}

/** Its page shows the owner's Matrix id, and the password when asked. */
export async function showsItsOwner(page, { subdomain }) {
  await screenshot(page, "07-instance-running");
  const id = await handle(page, "owner-matrix-id").innerText();
  assert.ok(id.startsWith("@") && id.includes(`:${subdomain}.`), id);
  assert.equal(await copied(page, "the Matrix id"), id);
  const password = await copied(page, "the password");
  assert.equal((await handle(page, "owner-password").innerText()).includes(password), false);
  await button(page, "Show the password").click();
  assert.equal(await handle(page, "owner-password").innerText(), password);
}

/** Its address opens MindRoom's own dashboard, with the agent and the room that it begins with. */
export async function hasADashboard(page, context, watch) {
  assert.equal(await handle(page, "instance-notice").count(), 0, "MindRoom is left out");
  const address = await handle(page, "frontend-url").innerText();
  // MindRoom asks for the pictures of agents and rooms that have none.
  watch.expect(404, `${address}/api/matrix/`);
  const tab = await context.newPage();
  assert.equal((await tab.goto(address)).status(), 200);
  assert.match(await tab.title(), /MindRoom/);
  await sees(tab, "Assistant");
  await sees(tab, "Lobby");
  await tab.getByText("Preparing usage report").waitFor({ state: "hidden" });
  await screenshot(tab, "08-mindroom");
  await tab.close();
}

/** Its homeserver takes what the page shows. */
export async function letsItsOwnerIn(page) {
  const user = await handle(page, "owner-matrix-id").innerText();
  const password = await handle(page, "owner-password").innerText();
  const homeserver = await handle(page, "matrix-url").innerText();
  const json = {
    type: "m.login.password",
    identifier: { type: "m.id.user", user },
    password,
  };
  const answer = await ask(`${homeserver}/_matrix/client/v3/login`, { method: "POST", json });
  assert.equal(answer.status, 200, answer.text);
  assert.equal(JSON.parse(answer.text).user_id, user);
}

/** Stopped, its address says so. */
export async function stops(page, context, watch) {
  const address = await handle(page, "frontend-url").innerText();
  await button(page, "Stop").click();
  await instanceIs(page, "stopped");
  await screenshot(page, "09-instance-stopped");
  watch.expect(503, address);
  const tab = await context.newPage();
  assert.equal((await tab.goto(address)).status(), 503);
  await sees(tab, /stopped/i);
  await screenshot(tab, "10-status-page");
  await tab.close();
}

/** Started again, it answers. */
export async function starts(page) {
  await button(page, "Start").click();
  await instanceIs(page, "running");
  const address = await handle(page, "frontend-url").innerText();
  assert.equal((await ask(address)).status, 200);
  await screenshot(page, "11-instance-running-again");
}

/** It is deleted, but only when its name was typed. */
export async function goes(page, { subdomain }) {
  await button(page, "Delete").click();
  const confirmation = page.getByLabel(`Type ${subdomain} to confirm`);
  await confirmation.fill(subdomain.slice(0, -1));
  assert.equal(await button(page, "Delete instance").isDisabled(), true);
  await confirmation.fill(subdomain);
  await screenshot(page, "14-delete", { fullPage: false });
  await button(page, "Delete instance").click();
  await instanceIs(page, "deprovisioned");
  await screenshot(page, "15-instance-deleted");
}
