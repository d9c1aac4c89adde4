// Getting in: what goes wrong is said kindly, and a forgotten password is replaced by a real mail's link.

import type { Page, Request } from "@playwright/test";

import {
  arrives,
  button,
  fillCredentials,
  handle,
  link,
  problem,
  sees,
  signIn,
} from "../support/pages";
import { ask, newPerson } from "../support/platform";
import { expect, test } from "../support/test";
import { askForAccount, mails, newestMail, signUpByApi } from "../support/person";

test("a forgotten password is replaced", async ({ page, platform, watch }) => {
  const person = await signUpByApi(platform);
  await page.goto(`${platform.app}/auth/sign-in`);
  await link(page, "Forgot your password?").click();
  await arrives(page, "/auth/recover");
  await page.getByLabel("E-mail address").fill(person.email);
  await button(page, "Send the link").click();
  await handle(page, "sent").waitFor();

  const mail = await newestMail(platform, person.email);
  await page.goto(mail);
  await arrives(page, "/auth/new-password");
  const password = `${person.password}-new`;
  await page.getByLabel("New password").fill(password);
  await button(page, "Save the password").click();
  await handle(page, "saved").waitFor();

  await page.evaluate(() => localStorage.clear());
  watch.expect(400, `${platform.auth}/auth/v1/token`);
  await page.goto(`${platform.app}/auth/sign-in`);
  await fillCredentials(page, person);
  await button(page, "Sign in").click();
  expect(await problem(page)).toBe("The e-mail address or the password is not right.");
  await fillCredentials(page, { ...person, password });
  await button(page, "Sign in").click();
  await arrives(page, "/dashboard");
});

test("a link that was used already leads to another one", async ({ page, platform }) => {
  const { email } = await signUpByApi(platform);
  const landing = encodeURIComponent(`${platform.app}/auth/new-password`);
  await ask(`${platform.auth}/auth/v1/recover?redirect_to=${landing}`, {
    method: "POST",
    json: { email },
    headers: { apikey: platform.publishable_key },
  });
  const mail = await newestMail(platform, email);
  await page.goto(mail);
  await arrives(page, "/auth/new-password");
  // The session that the link brought is kept by now.
  await button(page, "Save the password").waitFor();
  await page.evaluate(() => localStorage.clear());
  await page.goto(mail);
  await handle(page, "no-link").waitFor();
  await link(page, "Ask for another link").click();
  await arrives(page, "/auth/recover");
});

test("what is typed wrong is said beside the field, and nothing is sent", async ({
  page,
  platform,
}) => {
  const sent: string[] = [];
  page.on("request", (request) => {
    if (request.url().startsWith(`${platform.auth}/auth/v1/signup`)) sent.push(request.url());
  });
  await page.goto(`${platform.app}/auth/sign-up`);
  await button(page, "Create account").click();
  await sees(page, "Enter your e-mail address.");
  await fillCredentials(page, { email: "ada@", password: "short" });
  await button(page, "Create account").click();
  await sees(page, "This is no e-mail address. It looks like name@example.com.");
  await sees(page, "Use at least 8 characters.");
  expect(sent).toEqual([]);
});

test("an address that has an account is not given away", async ({ page, platform }) => {
  const person = await signUpByApi(platform);
  const before = await mails(platform, person.email);
  await page.goto(`${platform.app}/auth/sign-up`);
  await fillCredentials(page, person);
  await button(page, "Create account").click();
  await arrives(page, "/auth/confirm");
  expect(await mails(platform, person.email)).toEqual(before);
});

test("where addresses are not confirmed, one that has an account is told so", async ({
  page,
  platform,
  watch,
}) => {
  watch.expect(422, `${platform.auth}/auth/v1/signup`);
  const headers = { "access-control-allow-origin": platform.app };
  await page.route(`${platform.auth}/auth/v1/signup**`, (route) =>
    route.fulfill({ status: 422, headers, json: { error_code: "user_already_exists", msg: "x" } }),
  );
  await page.goto(`${platform.app}/auth/sign-up`);
  await fillCredentials(page, { email: "ada@example.com", password: "a-password" });
  await button(page, "Create account").click();
  expect(await problem(page)).toBe(
    "There is an account with this address already. Sign in instead.",
  );
  await expect(page.getByLabel("E-mail address")).toHaveValue("ada@example.com");
});

test("an address that is not confirmed has its mail sent again, which leads on", async ({
  page,
  platform,
  watch,
}) => {
  const person = newPerson();
  await askForAccount(platform, person);
  watch.expect(400, `${platform.auth}/auth/v1/token`);
  watch.expect(429, `${platform.auth}/auth/v1/resend`);
  await page.goto(`${platform.app}/auth/sign-in?next=${encodeURIComponent("/settings")}`);
  await fillCredentials(page, person);
  await button(page, "Sign in").click();
  expect(await problem(page)).toContain("Confirm your address first");
  await link(page, "Have it sent again").click();
  await arrives(page, "/auth/confirm");
  // One mail a second, and the first may be younger.
  await expect(async () => {
    const answer = page.waitForResponse((one) => isResend(one.request()));
    await button(page, "Send it again").click();
    expect((await answer).status()).toBe(200);
  }).toPass();
  await sees(page, "a mail is on its way");
  expect(await mails(platform, person.email)).toHaveLength(2);
  await page.goto(await newestMail(platform, person.email));
  await arrives(page, "/settings");

  // Another tab remembers no address, and asks for it.
  await page.evaluate(() => {
    sessionStorage.clear();
    localStorage.clear();
  });
  await page.goto(`${platform.app}/auth/confirm`);
  await page.getByLabel("E-mail address").fill("grace@example.com");
  expect(await sentAgain(page)).toBe("grace@example.com");
});

test("a password can be looked at", async ({ page, platform }) => {
  await page.goto(`${platform.app}/auth/sign-in`);
  const line = page.getByLabel("Password", { exact: true });
  await line.fill("secret");
  await expect(line).toHaveAttribute("type", "password");
  await button(page, "Show the password").click();
  await expect(line).toHaveAttribute("type", "text");
});

test("whoever is signed in needs not sign in", async ({ page, platform }) => {
  const person = await signUpByApi(platform);
  await signIn(page, platform.app, person);
  await page.goto(`${platform.app}/auth/sign-in`);
  await arrives(page, "/dashboard");
});

function isResend(request: Request): boolean {
  return request.method() === "POST" && request.url().includes("/auth/v1/resend");
}

/** Asks for the mail once more; answers to whom. */
async function sentAgain(page: Page): Promise<string> {
  const [request] = await Promise.all([
    page.waitForRequest(isResend),
    button(page, "Send it again").click(),
  ]);
  return (request.postDataJSON() as { email: string }).email;
}
