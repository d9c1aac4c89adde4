// What the tests share: browsers, people, mails.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { createClient } from "@supabase/supabase-js";

export const { AUTH_URL, CONFIRMING_URL, SHORT_URL } = process.env;
const { PUBLISHABLE_KEY, SECRET_KEY } = process.env;
export const PASSWORD = "correct horse";

/** A client with a session store of its own, as one browser has. */
export function browser({ url = AUTH_URL, key = PUBLISHABLE_KEY, flowType = "implicit" } = {}) {
  const store = new Map();
  return createClient(url, key, {
    auth: {
      autoRefreshToken: false,
      persistSession: true,
      flowType,
      storage: {
        getItem: (name) => store.get(name) ?? null,
        setItem: (name, value) => void store.set(name, value),
        removeItem: (name) => void store.delete(name),
      },
    },
    // Node before 22 has no WebSocket, and nothing here uses one.
    realtime: { transport: class {} },
  });
}

/** The operator's client. */
export function operator(url = AUTH_URL) {
  return browser({ url, key: SECRET_KEY }).auth.admin;
}

/** An address that nobody has. */
export function address() {
  return `p${randomUUID()}@example.org`;
}

/** A browser in which somebody new is signed in, and their address. */
export async function somebody(options) {
  const client = browser(options);
  const email = address();
  ok(await client.auth.signUp({ email, password: PASSWORD }));
  return { client, email };
}

/** The data of a call that must succeed. */
export function ok({ data, error }) {
  assert.equal(error, null);
  return data;
}

/** Asserts that a call was refused with a code. */
export function refused({ error }, status, code) {
  assert.ok(error, `expected ${code}`);
  assert.deepEqual([error.status, error.code], [status, code], error.message);
}

/** The mails to an address, newest first. */
export async function mails(url, email) {
  const answer = await fetch(`${url}/__outbox?email=${encodeURIComponent(email)}`, {
    headers: { apikey: SECRET_KEY },
  });
  assert.equal(answer.status, 200);
  return (await answer.json()).mails;
}

/** Follows the link of the latest mail, and gives the address that it leads to. */
export async function follow(url, email) {
  const [{ link }] = await mails(url, email);
  const { pathname, search } = new URL(link);
  const answer = await fetch(`${url}${pathname}${search}`, { redirect: "manual" });
  assert.equal(answer.status, 303);
  return new URL(answer.headers.get("location"));
}
