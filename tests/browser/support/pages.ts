// What a person does on the portal's pages and what they see there.

import { expect, type Locator, type Page } from "@playwright/test";

import type { Credentials } from "./platform";

/** Longest wait for an instance to come up, stop or go (milliseconds). */
const INSTANCE_PATIENCE = 180_000;

export const button = (page: Page | Locator, name: string): Locator =>
  page.getByRole("button", { name, exact: true });
export const link = (page: Page | Locator, name: string): Locator =>
  page.getByRole("link", { name, exact: true });
export const handle = (page: Page | Locator, id: string): Locator => page.getByTestId(id);

/** Awaits a text on the page, or in a part of it. */
export function sees(part: Page | Locator, text: string | RegExp): Promise<void> {
  return part.getByText(text).first().waitFor();
}

/** Awaits an address below the portal's. */
export function arrives(page: Page, path: string): Promise<void> {
  return page.waitForURL(({ pathname, search }) => (pathname + search).startsWith(path));
}

export async function fillCredentials(page: Page, { email, password }: Credentials): Promise<void> {
  await page.getByLabel("E-mail address").fill(email);
  await page.getByLabel("Password", { exact: true }).fill(password);
}

/** Signs in on the sign-in page and waits until it has led on. */
export async function signIn(page: Page, app: string, person: Credentials): Promise<void> {
  await page.goto(`${app}/auth/sign-in`);
  await fillCredentials(page, person);
  await button(page, "Sign in").click();
  await arrives(page, "/dashboard");
}

/** Opens the account's menu and signs out. */
export async function signOut(page: Page): Promise<void> {
  await button(page, "Your account").click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
}

/** Awaits the instance's status on its page. */
export async function instanceIs(page: Page, status: string): Promise<void> {
  await page
    .locator(`[data-testid=status][data-status=${status}]`)
    .waitFor({ timeout: INSTANCE_PATIENCE });
}

/** The steps on the instance page: their names and states. */
export function steps(page: Page): Promise<{ name?: string; state?: string }[]> {
  return handle(page, "steps")
    .locator("li")
    .evaluateAll((items) =>
      (items as HTMLElement[]).map(({ dataset }) => ({
        name: dataset["testid"],
        state: dataset["state"],
      })),
    );
}

/** Follows one step from under way to done, without loading the page again. */
export async function seesAStepHappen(page: Page): Promise<void> {
  const running = handle(page, "steps").locator("li[data-state=running]").first();
  await running.waitFor({ timeout: INSTANCE_PATIENCE });
  const name = await running.getAttribute("data-testid");
  await page
    .locator(`[data-testid=${name}][data-state=done]`)
    .waitFor({ timeout: INSTANCE_PATIENCE });
}

/** Presses the copy button of something and answers what is in the clipboard. */
export async function copied(page: Page, what: string): Promise<string> {
  await button(page, `Copy ${what}`).click();
  await button(page, `Copied ${what}`).waitFor();
  return page.evaluate(() => navigator.clipboard.readText());
}

/** The text of the problem that the page shows. */
export async function problem(page: Page): Promise<string> {
  const notice = handle(page, "problem");
  await notice.waitFor();
  return notice.innerText();
}

/** Searches an admin list and awaits the only row that is left. */
export async function findsRow(page: Page, what: string, text: string): Promise<string> {
  await page.getByLabel(`Search ${what}`).fill(text);
  await button(page, "Search").click();
  await handle(page, "total").getByText("1 in all").waitFor();
  const rows = handle(page, "rows").locator("tbody tr");
  await expect(rows).toHaveCount(1);
  return rows.innerText();
}
