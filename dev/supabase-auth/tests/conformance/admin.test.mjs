// What an operator does with the secret key.
import assert from "node:assert/strict";
import { test } from "node:test";
import { AUTH_URL, PASSWORD, address, browser, mails, ok, operator, refused, somebody } from "./client.mjs";

test("users are made, seen, changed and deleted", async () => {
  const admin = operator();
  const email = address();
  const { user } = ok(
    await admin.createUser({ email, password: PASSWORD, email_confirm: true, app_metadata: { admin: true } }),
  );
  assert.equal(user.app_metadata.admin, true);
  assert.equal(ok(await admin.getUserById(user.id)).user.email, email);
  refused(await admin.createUser({ email, password: PASSWORD }), 422, "email_exists");

  const client = browser();
  ok(await client.auth.signInWithPassword({ email, password: PASSWORD }));
  const newer = address();
  const changed = ok(await admin.updateUserById(user.id, { email: newer, user_metadata: { name: "Ada" } }));
  assert.deepEqual([changed.user.email, changed.user.user_metadata.name], [newer, "Ada"]);
  ok(await admin.updateUserById(user.id, { ban_duration: "1h" }));
  refused(await client.auth.getUser(), 403, "user_banned");
  refused(await client.auth.refreshSession(), 400, "user_banned");
  ok(await admin.updateUserById(user.id, { ban_duration: "none" }));
  const again = browser();
  ok(await again.auth.signInWithPassword({ email: newer, password: PASSWORD }));

  ok(await admin.deleteUser(user.id));
  refused(await again.auth.getUser(), 403, "user_not_found");
  refused(await admin.getUserById(user.id), 404, "user_not_found");
});

test("users are listed by page", async () => {
  const admin = operator();
  await somebody();
  await somebody();
  const all = ok(await admin.listUsers({ perPage: 1000 }));
  assert.equal(all.users.length, all.total);
  const first = ok(await admin.listUsers({ page: 1, perPage: 1 }));
  assert.equal(first.users.length, 1);
  assert.equal(first.nextPage, 2);
});

test("somebody is signed out", async () => {
  const { client } = await somebody();
  const { access_token } = ok(await client.auth.getSession()).session;
  assert.equal((await operator().signOut(access_token, "global")).error, null);
  assert.equal((await client.auth.getUser()).error.name, "AuthSessionMissingError");
});

test("an invitation", async () => {
  const email = address();
  const { user } = ok(await operator().inviteUserByEmail(email, { data: { team: "a" } }));
  assert.equal(user.user_metadata.team, "a");
  const { token_hash } = (await mails(AUTH_URL, email))[0];
  const { session } = ok(await browser().auth.verifyOtp({ type: "invite", token_hash }));
  assert.equal(session.user.id, user.id);
});

test("a link to be mailed by other means", async () => {
  const { email } = await somebody();
  const { properties, user } = ok(await operator().generateLink({ type: "recovery", email }));
  assert.equal(user.email, email);
  assert.ok(properties.action_link.includes(properties.hashed_token));
  assert.deepEqual(await mails(AUTH_URL, email), []);
  const proof = { type: "recovery", email, token: properties.email_otp };
  assert.equal(ok(await browser().auth.verifyOtp(proof)).session.user.email, email);
});

test("nobody else is an operator", async () => {
  const { client } = await somebody();
  for (const stranger of [browser(), client]) {
    refused(await stranger.auth.admin.listUsers(), 403, "not_admin");
    refused(await stranger.auth.admin.inviteUserByEmail(address()), 403, "not_admin");
  }
});
