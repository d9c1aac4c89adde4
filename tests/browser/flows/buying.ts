// How a person gets an instance: sign up, order, pay.

import type { Page } from "@playwright/test";

import { arrives, button, fillCredentials, handle } from "../support/pages";
import { confirmsAddresses, newestMail } from "../support/person";
import type { Person, Platform } from "../support/platform";

export const GOOD_CARD = "4242 4242 4242 4242";

/** Is refused everywhere. */
export const REFUSED_CARD = "4000 0000 0000 0002";
/** Its bank asks the customer once (3-D Secure). */
export const ASKING_CARD = "4000 0025 0000 3155";

/** Signs a new person up and orders Hobby with the person's address; ends on the payment page. */
export async function orders(page: Page, platform: Platform, person: Person): Promise<void> {
  await page.goto(
    `${platform.app}/auth/sign-up?next=${encodeURIComponent("/checkout?plan=hobby")}`,
  );
  await fillCredentials(page, person);
  await createsAccount(page, platform, person, "/checkout?plan=hobby");
  await handle(page, "order").waitFor();
  await page.getByLabel("Address of your instance").fill(person.subdomain);
  await button(page, "Continue to payment").click();
  await page.waitForURL(`${platform.stripe}/**`);
}

/** Sends the form off, follows the link in the mail where addresses are confirmed, and arrives at `next`. */
export async function createsAccount(
  page: Page,
  platform: Platform,
  { email }: Person,
  next: string,
): Promise<void> {
  await button(page, "Create account").click();
  if (await confirmsAddresses(platform)) {
    await arrives(page, "/auth/confirm");
    await page.goto(await newestMail(platform, email));
  }
  await arrives(page, next);
}

/** Gives the payment page a card. */
export async function pays(page: Page, card: string): Promise<void> {
  await page.getByLabel("Card number").fill(card);
  await button(page, "Start trial").click();
}

/** Signs a new person up, orders Hobby and pays; ends on the instance's page. */
export async function buys(page: Page, platform: Platform, person: Person): Promise<void> {
  await orders(page, platform, person);
  await pays(page, GOOD_CARD);
  await page.waitForURL(`${platform.app}/**`);
  await arrives(page, "/instance?id=");
}
