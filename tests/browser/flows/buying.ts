// How a person gets an instance: sign up, order, pay.

import type { Page } from "@playwright/test";

import { arrives, button, fillCredentials, handle } from "../support/pages";
import type { Person, Platform } from "../support/platform";

export const GOOD_CARD = "4242 4242 4242 4242";

/** Signs a new person up, orders Hobby with the person's address and pays; ends on the instance's page. */
export async function buys(page: Page, platform: Platform, person: Person): Promise<void> {
  await page.goto(
    `${platform.app}/auth/sign-up?next=${encodeURIComponent("/checkout?plan=hobby")}`,
  );
  await fillCredentials(page, person);
  await button(page, "Create account").click();
  await arrives(page, "/checkout?plan=hobby");
  await handle(page, "order").waitFor();
  await page.getByLabel("Address of your instance").fill(person.subdomain);
  await button(page, "Continue to payment").click();
  await page.waitForURL(`${platform.stripe}/**`);
  await page.getByLabel("Card number").fill(GOOD_CARD);
  await button(page, "Start trial").click();
  await page.waitForURL(`${platform.app}/**`);
  await arrives(page, "/instance?id=");
}
