// Drives dev-supabase-auth by the unmodified client library, as the portal does.
import assert from "node:assert/strict";
import { createClient } from "@supabase/supabase-js";

const { AUTH_URL, CONFIRMING_URL, PUBLISHABLE_KEY, SECRET_KEY } = process.env;
const PASSWORD = "correct horse";

/** A client with a session store of its own, as one browser has. */
function browser(url = AUTH_URL, key = PUBLISHABLE_KEY) {
  const store = new Map();
  return createClient(url, key, {
    auth: {
      autoRefreshToken: false,
      persistSession: true,
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

/** The data of a call that must succeed. */
function ok({ data, error }) {
  assert.equal(error, null);
  return data;
}

/** Asserts that a call was refused with a code. */
function refused({ error }, status, code) {
  assert.ok(error, `expected ${code}`);
  assert.deepEqual([error.status, error.code], [status, code], error.message);
}

const steps = {
  async "sign up, session kept"() {
    const client = browser();
    const { user, session } = ok(
      await client.auth.signUp({ email: "Ada@example.org", password: PASSWORD, options: { data: { name: "Ada" } } }),
    );
    assert.equal(user.email, "ada@example.org");
    assert.equal(user.user_metadata.name, "Ada");
    assert.equal(user.identities.length, 1);
    assert.equal(ok(await client.auth.getSession()).session.access_token, session.access_token);
  },

  async "sign up refused: taken, weak"() {
    const client = browser();
    refused(await client.auth.signUp({ email: "ada@example.org", password: PASSWORD }), 422, "user_already_exists");
    const weak = await client.auth.signUp({ email: "eve@example.org", password: "12345" });
    refused(weak, 422, "weak_password");
    assert.deepEqual(weak.error.reasons, ["length"]);
  },

  async "sign in, wrong password"() {
    const client = browser();
    refused(
      await client.auth.signInWithPassword({ email: "ada@example.org", password: "wrong horse" }),
      400,
      "invalid_credentials",
    );
    const { session } = ok(await client.auth.signInWithPassword({ email: "ada@example.org", password: PASSWORD }));
    assert.equal(session.token_type, "bearer");
    assert.ok(session.expires_at > Date.now() / 1000 + 3500);
  },

  async "get user, get claims by the key set"() {
    const client = await signedIn();
    const { user } = ok(await client.auth.getUser());
    const { claims, header } = ok(await client.auth.getClaims());
    assert.equal(header.alg, "ES256");
    assert.equal(claims.sub, user.id);
    assert.equal(claims.role, "authenticated");
    const { session } = ok(await client.auth.getSession());
    const [head, , signature] = session.access_token.split(".");
    const forged = Buffer.from(JSON.stringify({ ...claims, role: "service_role" })).toString("base64url");
    const result = await client.auth.getClaims(`${head}.${forged}.${signature}`);
    assert.ok(result.error, "a forged token has no claims");
  },

  async "update user"() {
    const client = await signedIn();
    const { user } = ok(await client.auth.updateUser({ data: { colour: "blue" } }));
    assert.equal(user.user_metadata.colour, "blue");
    refused(await client.auth.updateUser({ password: PASSWORD }), 422, "same_password");
  },

  async "refresh rotates"() {
    const client = await signedIn();
    const before = ok(await client.auth.getSession()).session;
    const { session } = ok(await client.auth.refreshSession());
    assert.notEqual(session.refresh_token, before.refresh_token);
    assert.equal(ok(await client.auth.getUser()).user.email, "ada@example.org");
  },

  async "parallel refreshes with one token end alike"() {
    const first = await signedIn();
    const { refresh_token } = ok(await first.auth.getSession()).session;
    const answers = await Promise.all(
      Array.from({ length: 6 }, () => browser().auth.refreshSession({ refresh_token })),
    );
    const tokens = new Set(answers.map((answer) => ok(answer).session.refresh_token));
    assert.equal(tokens.size, 1);
    ok(await browser().auth.refreshSession({ refresh_token: [...tokens][0] }));
  },

  async "unknown and malformed refresh tokens"() {
    refused(
      await browser().auth.refreshSession({ refresh_token: "aaaaaaaaaaaa" }),
      400,
      "refresh_token_not_found",
    );
    refused(await browser().auth.refreshSession({ refresh_token: "!" }), 400, "validation_failed");
  },

  async "sign out of others, then of this"() {
    const here = await signedIn();
    const there = await signedIn();
    const { access_token } = ok(await here.auth.getSession()).session;
    assert.equal((await here.auth.signOut({ scope: "others" })).error, null);
    assert.ok(ok(await here.auth.getSession()).session, "this one stays");
    assert.equal((await there.auth.getUser()).error.name, "AuthSessionMissingError");
    assert.equal((await here.auth.signOut()).error, null);
    assert.equal(ok(await here.auth.getSession()).session, null);
    assert.equal((await browser().auth.getUser(access_token)).error.name, "AuthSessionMissingError");
  },

  async "confirmation by mail, by code"() {
    const client = browser(CONFIRMING_URL);
    const { user, session } = ok(await client.auth.signUp({ email: "bob@example.org", password: PASSWORD }));
    assert.equal(session, null);
    assert.equal(user.identities.length, 1);
    refused(
      await client.auth.signInWithPassword({ email: "bob@example.org", password: PASSWORD }),
      400,
      "email_not_confirmed",
    );
    ok(await client.auth.resend({ type: "signup", email: "bob@example.org" }));
    const { code } = (await mails(CONFIRMING_URL, "bob@example.org"))[0];
    refused(
      await client.auth.verifyOtp({ type: "email", email: "bob@example.org", token: "x" }),
      403,
      "otp_expired",
    );
    const verified = ok(await client.auth.verifyOtp({ type: "email", email: "bob@example.org", token: code }));
    assert.ok(verified.session.access_token);
    const again = ok(await browser(CONFIRMING_URL).auth.signUp({ email: "bob@example.org", password: "guess work" }));
    assert.equal(again.user.identities.length, 0);
    assert.notEqual(again.user.id, user.id);
  },

  async "recovery by link hash"() {
    const client = browser();
    ok(await client.auth.resetPasswordForEmail("ada@example.org", { redirectTo: "http://127.0.0.1:1/reset" }));
    const { token_hash } = (await mails(AUTH_URL, "ada@example.org"))[0];
    ok(await client.auth.verifyOtp({ type: "recovery", token_hash }));
    ok(await client.auth.updateUser({ password: "battery staple" }));
    ok(await browser().auth.signInWithPassword({ email: "ada@example.org", password: "battery staple" }));
  },

  async "the operator's routes"() {
    const { admin } = browser(AUTH_URL, SECRET_KEY).auth;
    const { user } = ok(
      await admin.createUser({ email: "root@example.org", password: PASSWORD, email_confirm: true, app_metadata: { admin: true } }),
    );
    assert.equal(user.app_metadata.admin, true);
    const { users, total } = ok(await admin.listUsers());
    assert.equal(users.length, total);
    assert.equal(ok(await admin.getUserById(user.id)).user.email, "root@example.org");
    const client = browser();
    ok(await client.auth.signInWithPassword({ email: "root@example.org", password: PASSWORD }));
    ok(await admin.deleteUser(user.id));
    refused(await client.auth.getUser(), 403, "user_not_found");
    refused(await admin.getUserById(user.id), 404, "user_not_found");
    refused(await browser().auth.admin.listUsers(), 403, "not_admin");
  },
};

/** A browser in which Ada is signed in. */
async function signedIn() {
  const client = browser();
  ok(await client.auth.signInWithPassword({ email: "ada@example.org", password: PASSWORD }));
  return client;
}

async function mails(url, email) {
  const answer = await fetch(`${url}/__outbox?email=${encodeURIComponent(email)}`, {
    headers: { apikey: SECRET_KEY },
  });
  assert.equal(answer.status, 200);
  return (await answer.json()).mails;
}

for (const [name, step] of Object.entries(steps)) {
  try {
    await step();
    console.log(`ok: ${name}`);
  } catch (error) {
    console.error(`failed: ${name}\n`, error);
    process.exit(1);
  }
}
console.log("all steps passed");
