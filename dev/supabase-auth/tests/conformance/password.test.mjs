// Sign-up, sign-in, sessions and the user's own record.
import assert from "node:assert/strict";
import { test } from "node:test";
import { AUTH_URL, PASSWORD, SHORT_URL, address, browser, mails, ok, refused, somebody } from "./client.mjs";

test("sign up, session kept", async () => {
  const client = browser();
  const email = address();
  const { user, session } = ok(
    await client.auth.signUp({ email: email.toUpperCase(), password: PASSWORD, options: { data: { name: "Ada" } } }),
  );
  assert.equal(user.email, email);
  assert.equal(user.user_metadata.name, "Ada");
  assert.equal(user.identities.length, 1);
  assert.equal(ok(await client.auth.getSession()).session.access_token, session.access_token);
});

test("sign up refused: taken, weak, without an address", async () => {
  const { client, email } = await somebody();
  refused(await client.auth.signUp({ email, password: PASSWORD }), 422, "user_already_exists");
  const weak = await client.auth.signUp({ email: address(), password: "12345" });
  refused(weak, 422, "weak_password");
  assert.deepEqual(weak.error.reasons, ["length"]);
  refused(await client.auth.signInAnonymously(), 422, "anonymous_provider_disabled");
  refused(await client.auth.signUp({ phone: "+4912345", password: PASSWORD }), 400, "phone_provider_disabled");
});

test("sign in, wrong password, events", async () => {
  const { email } = await somebody();
  const client = browser();
  const events = [];
  client.auth.onAuthStateChange((event) => void events.push(event));
  refused(await client.auth.signInWithPassword({ email, password: "wrong horse" }), 400, "invalid_credentials");
  const { session } = ok(await client.auth.signInWithPassword({ email, password: PASSWORD }));
  assert.equal(session.token_type, "bearer");
  assert.ok(session.expires_at > Date.now() / 1000 + 3500);
  assert.equal((await client.auth.signOut()).error, null);
  assert.deepEqual(events.filter((event) => event.startsWith("SIGNED")), ["SIGNED_IN", "SIGNED_OUT"]);
});

test("get user, get claims by the key set", async () => {
  const { client } = await somebody();
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
});

test("the user's own record", async () => {
  const { client, email } = await somebody();
  const { user } = ok(await client.auth.updateUser({ data: { colour: "blue" } }));
  assert.equal(user.user_metadata.colour, "blue");
  refused(await client.auth.updateUser({ password: PASSWORD }), 422, "same_password");
  const newer = address();
  assert.equal(ok(await client.auth.updateUser({ email: newer })).user.email, newer);
  const { identities } = ok(await client.auth.getUserIdentities());
  assert.deepEqual(identities.map(({ provider, identity_data }) => [provider, identity_data.email]), [["email", newer]]);
  refused(await client.auth.signInWithPassword({ email, password: PASSWORD }), 400, "invalid_credentials");
});

test("a password with a code from a mail", async () => {
  const { client, email } = await somebody();
  assert.equal((await client.auth.reauthenticate()).error, null);
  const [{ kind, code }] = await mails(AUTH_URL, email);
  assert.equal(kind, "reauthentication");
  ok(await client.auth.updateUser({ password: "battery staple", nonce: code }));
  ok(await browser().auth.signInWithPassword({ email, password: "battery staple" }));
});

test("refresh rotates", async () => {
  const { client, email } = await somebody();
  const before = ok(await client.auth.getSession()).session;
  const { session } = ok(await client.auth.refreshSession());
  assert.notEqual(session.refresh_token, before.refresh_token);
  assert.equal(ok(await client.auth.getUser()).user.email, email);
});

test("parallel refreshes with one token end alike", async () => {
  const { client } = await somebody();
  const { refresh_token } = ok(await client.auth.getSession()).session;
  const answers = await Promise.all(Array.from({ length: 6 }, () => browser().auth.refreshSession({ refresh_token })));
  const tokens = new Set(answers.map((answer) => ok(answer).session.refresh_token));
  assert.equal(tokens.size, 1);
  ok(await browser().auth.refreshSession({ refresh_token: [...tokens][0] }));
});

test("a session near its end is refreshed by itself", async () => {
  const { client } = await somebody({ url: SHORT_URL });
  const first = ok(await client.auth.getSession()).session;
  const second = ok(await client.auth.getSession()).session;
  assert.equal(first.expires_in, 60);
  assert.notEqual(first.refresh_token, second.refresh_token);
  ok(await client.auth.getUser());
});

test("a session handed over", async () => {
  const { client, email } = await somebody();
  const { access_token, refresh_token } = ok(await client.auth.getSession()).session;
  const other = browser();
  ok(await other.auth.setSession({ access_token, refresh_token }));
  assert.equal(ok(await other.auth.getUser()).user.email, email);
});

test("unknown and malformed refresh tokens", async () => {
  refused(await browser().auth.refreshSession({ refresh_token: "aaaaaaaaaaaa" }), 400, "refresh_token_not_found");
  refused(await browser().auth.refreshSession({ refresh_token: "!" }), 400, "validation_failed");
});

test("sign out of others, then of this", async () => {
  const { client: here, email } = await somebody();
  const there = browser();
  ok(await there.auth.signInWithPassword({ email, password: PASSWORD }));
  const { access_token } = ok(await here.auth.getSession()).session;
  assert.equal((await here.auth.signOut({ scope: "others" })).error, null);
  assert.ok(ok(await here.auth.getSession()).session, "this one stays");
  assert.equal((await there.auth.getUser()).error.name, "AuthSessionMissingError");
  assert.equal((await here.auth.signOut()).error, null);
  assert.equal(ok(await here.auth.getSession()).session, null);
  assert.equal((await browser().auth.getUser(access_token)).error.name, "AuthSessionMissingError");
});

test("what is switched off", async () => {
  const { client } = await somebody();
  const { url } = ok(await client.auth.signInWithOAuth({ provider: "google", options: { skipBrowserRedirect: true } }));
  const answer = await fetch(url, { redirect: "manual" });
  assert.equal(answer.status, 400);
  assert.equal((await answer.json()).error_code, "validation_failed");
  refused(await client.auth.signInWithIdToken({ provider: "google", token: "x" }), 400, "provider_disabled");
  refused(await client.auth.signInWithSSO({ domain: "example.org" }), 404, "saml_provider_disabled");
  const linked = await client.auth.linkIdentity({ provider: "google", options: { skipBrowserRedirect: true } });
  refused(linked, 404, "manual_linking_disabled");
  const { identities } = ok(await client.auth.getUserIdentities());
  refused(await client.auth.unlinkIdentity(identities[0]), 404, "manual_linking_disabled");
  refused(await client.auth.mfa.enroll({ factorType: "totp" }), 422, "mfa_totp_enroll_not_enabled");
  assert.deepEqual(ok(await client.auth.mfa.listFactors()).all, []);
  const { currentLevel } = ok(await client.auth.mfa.getAuthenticatorAssuranceLevel());
  assert.equal(currentLevel, "aal1");
});
