// What a person does on the portal's pages and what they see there.

import assert from "node:assert/strict";

/** Longest wait for an instance to come up, stop or go (milliseconds). */
const INSTANCE_PATIENCE = 180_000;

export const button = (page, name) => page.getByRole("button", { name, exact: true });
export const link = (page, name) => page.getByRole("link", { name, exact: true });
export const handle = (page, id) => page.getByTestId(id);

/** Awaits a text on the page, or in a part of it. */
export function sees(part, text) {
  return part.getByText(text).first().waitFor();
}

/** Awaits an address below the portal's. */
export function arrives(page, path) {
  return page.waitForURL(({ pathname, search }) => (pathname + search).startsWith(path));
}

export async function fillCredentials(page, { email, password }) {
  await page.getByLabel("E-mail address").fill(email);
  await page.getByLabel("Password").fill(password);
}

/** Awaits the instance's status on its page. */
export async function instanceIs(page, status) {
  await page
    .locator(`[data-testid=status][data-status=${status}]`)
    .waitFor({ timeout: INSTANCE_PATIENCE });
}

/** The steps on the instance page: their names and states. */
export function steps(page) {
  return handle(page, "steps")
    .locator("li")
    .evaluateAll((items) =>
      items.map(({ dataset }) => ({ name: dataset.testid, state: dataset.state })),
    );
}

/** Follows one step from under way to done, without loading the page again. */
export async function seesAStepHappen(page) {
  const running = handle(page, "steps").locator("li[data-state=running]").first();
  await running.waitFor({ timeout: INSTANCE_PATIENCE });
  const name = await running.getAttribute("data-testid");
  await page
    .locator(`[data-testid=${name}][data-state=done]`)
    .waitFor({ timeout: INSTANCE_PATIENCE });
  return name;
}

/** Presses the copy button of something and answers what is in the clipboard. */
export async function copied(page, what) {
  await button(page, `Copy ${what}`).click();
  await button(page, `Copied ${what}`).waitFor();
  return page.evaluate(() => navigator.clipboard.readText());
}

/** The text of the problem that the page shows. */
export async function problem(page) {
  const notice = handle(page, "problem");
  await notice.waitFor();
  return notice.innerText();
}

/** Searches an admin list and awaits the only row that is left. */
export async function findsRow(page, what, text) {
  await page.getByLabel(`Search ${what}`).fill(text);
  await button(page, "Search").click();
  await handle(page, "total").getByText("1 in all").waitFor();
  const rows = handle(page, "rows").locator("tbody tr");
  assert.equal(await rows.count(), 1);
  return rows.innerText();
}
