// People who have an account already.

import { ask, type Credentials, newPerson, type Person, type Platform } from "./platform";

/** Signs a new person up without a browser, and follows the link in the mail where addresses are confirmed. */
export async function signUpByApi(platform: Platform): Promise<Person> {
  const person = newPerson();
  await askForAccount(platform, person);
  if (await confirmsAddresses(platform)) {
    const answer = await ask(await newestMail(platform, person.email));
    if (answer.status !== 303) throw new Error(`confirm: ${answer.status} ${answer.text}`);
  }
  return person;
}

/** Signs a new person up without a browser; who must confirm the address has not yet. */
export async function askForAccount(
  platform: Platform,
  { email, password }: Person,
): Promise<void> {
  const answer = await ask(`${platform.auth}/auth/v1/signup`, {
    method: "POST",
    json: { email, password },
    headers: { apikey: platform.publishable_key },
  });
  if (answer.status !== 200) throw new Error(`sign-up: ${answer.status} ${answer.text}`);
}

/** Whether an account begins with a mail to its address. */
export async function confirmsAddresses(platform: Platform): Promise<boolean> {
  const { text } = await ask(`${platform.auth}/auth/v1/settings`, {
    headers: { apikey: platform.publishable_key },
  });
  return !(JSON.parse(text) as { mailer_autoconfirm: boolean }).mailer_autoconfirm;
}

/** The link in the newest mail to this address. */
export async function newestMail(platform: Platform, email: string): Promise<string> {
  const newest = (await mails(platform, email))[0];
  if (!newest) throw new Error(`no mail to ${email}`);
  return newest.link;
}

/** The mails to this address, the newest first. */
export async function mails(platform: Platform, email: string): Promise<{ link: string }[]> {
  const { text } = await ask(`${platform.auth}/__outbox?email=${encodeURIComponent(email)}`, {
    headers: { apikey: platform.stand_ins.auth_secret_key },
  });
  return (JSON.parse(text) as { mails: { link: string }[] }).mails;
}

/** Takes administration away from everybody else, whom other tests may have given it. */
export async function makeOnlyAdministrator(platform: Platform): Promise<void> {
  const headers = { authorization: `Bearer ${await accessToken(platform, platform.admin)}` };
  const reason = "The tests need one administrator.";
  for await (const account of accounts(platform, headers)) {
    if (!account.is_admin || account.email === platform.admin.email) continue;
    const url = `${platform.api}/admin/accounts/${account.id}/admin`;
    const answer = await ask(url, { method: "PUT", json: { is_admin: false, reason }, headers });
    if (answer.status !== 200) throw new Error(`revoke: ${answer.status} ${answer.text}`);
  }
}

/** As many accounts as one answer holds. */
const PAGE = 100;

interface Listed {
  id: string;
  email: string;
  is_admin: boolean;
}

async function* accounts(
  platform: Platform,
  headers: Record<string, string>,
): AsyncGenerator<Listed> {
  for (let start = 0; ; start += PAGE) {
    const page = `${platform.api}/admin/accounts?_start=${start}&_end=${start + PAGE}`;
    const answer = await ask(page, { headers });
    if (answer.status !== 200) throw new Error(`accounts: ${answer.status} ${answer.text}`);
    const { data } = JSON.parse(answer.text) as { data: Listed[] };
    yield* data;
    if (data.length < PAGE) return;
  }
}

async function accessToken(platform: Platform, { email, password }: Credentials): Promise<string> {
  const answer = await ask(`${platform.auth}/auth/v1/token?grant_type=password`, {
    method: "POST",
    json: { email, password },
    headers: { apikey: platform.publishable_key },
  });
  if (answer.status !== 200) throw new Error(`sign-in: ${answer.status} ${answer.text}`);
  return (JSON.parse(answer.text) as { access_token: string }).access_token;
}
