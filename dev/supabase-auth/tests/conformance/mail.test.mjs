// Everything that a mail's link or code is for.
import assert from "node:assert/strict";
import { test } from "node:test";
import { AUTH_URL, CONFIRMING_URL, PASSWORD, address, browser, follow, mails, ok, refused, somebody } from "./client.mjs";

test("confirmation by code", async () => {
  const client = browser({ url: CONFIRMING_URL });
  const email = address();
  const { user, session } = ok(await client.auth.signUp({ email, password: PASSWORD }));
  assert.equal(session, null);
  assert.equal(user.identities.length, 1);
  refused(await client.auth.signInWithPassword({ email, password: PASSWORD }), 400, "email_not_confirmed");
  ok(await client.auth.resend({ type: "signup", email }));
  const { code } = (await mails(CONFIRMING_URL, email))[0];
  refused(await client.auth.verifyOtp({ type: "email", email, token: "x" }), 403, "otp_expired");
  const verified = ok(await client.auth.verifyOtp({ type: "email", email, token: code }));
  assert.ok(verified.session.access_token);
  const again = ok(await browser({ url: CONFIRMING_URL }).auth.signUp({ email, password: "guess work" }));
  assert.equal(again.user.identities.length, 0);
  assert.notEqual(again.user.id, user.id);
});

test("recovery by link hash", async () => {
  const { email } = await somebody();
  const client = browser();
  ok(await client.auth.resetPasswordForEmail(email, { redirectTo: "http://127.0.0.1:1/reset" }));
  const { token_hash } = (await mails(AUTH_URL, email))[0];
  ok(await client.auth.verifyOtp({ type: "recovery", token_hash }));
  ok(await client.auth.updateUser({ password: "battery staple" }));
  ok(await browser().auth.signInWithPassword({ email, password: "battery staple" }));
});

test("recovery by a link whose code the same browser exchanges", async () => {
  const { email } = await somebody();
  const client = browser({ flowType: "pkce" });
  ok(await client.auth.resetPasswordForEmail(email, { redirectTo: "http://127.0.0.1:1/reset" }));
  const target = await follow(AUTH_URL, email);
  assert.equal(`${target.origin}${target.pathname}`, "http://127.0.0.1:1/reset");
  const code = target.searchParams.get("code");
  const stranger = await browser({ flowType: "pkce" }).auth.exchangeCodeForSession(code);
  assert.ok(stranger.error, "another browser has no verifier");
  const { session, user } = ok(await client.auth.exchangeCodeForSession(code));
  assert.equal(user.email, email);
  ok(await client.auth.updateUser({ password: "battery staple" }));
  assert.ok(session.refresh_token);
  assert.ok((await client.auth.exchangeCodeForSession(code)).error, "once");
});

test("sign-up by a link whose code the same browser exchanges", async () => {
  const client = browser({ url: CONFIRMING_URL, flowType: "pkce" });
  const email = address();
  ok(await client.auth.signUp({ email, password: PASSWORD }));
  const code = (await follow(CONFIRMING_URL, email)).searchParams.get("code");
  assert.equal(ok(await client.auth.exchangeCodeForSession(code)).user.email, email);
});

test("a link to sign in by, for a new person and a known one", async () => {
  const email = address();
  refused(
    await browser().auth.signInWithOtp({ email, options: { shouldCreateUser: false } }),
    422,
    "otp_disabled",
  );
  for (const type of ["magiclink", "email"]) {
    const client = browser();
    ok(await client.auth.signInWithOtp({ email, options: { data: { by: "link" } } }));
    const { token_hash, code } = (await mails(AUTH_URL, email))[0];
    const proof = type === "magiclink" ? { token_hash } : { email, token: code };
    const { session } = ok(await client.auth.verifyOtp({ type, ...proof }));
    assert.equal(session.user.user_metadata.by, "link");
    refused(await client.auth.verifyOtp({ type, ...proof }), 403, "otp_expired");
  }
});

test("a session in the fragment of a link", async () => {
  const { email } = await somebody();
  ok(await browser().auth.signInWithOtp({ email }));
  const target = await follow(AUTH_URL, email);
  const fragment = new URLSearchParams(target.hash.slice(1));
  const client = browser();
  const { session } = ok(
    await client.auth.setSession({
      access_token: fragment.get("access_token"),
      refresh_token: fragment.get("refresh_token"),
    }),
  );
  assert.equal(session.user.email, email);
  const again = new URLSearchParams((await follow(AUTH_URL, email)).hash.slice(1));
  assert.equal(again.get("error_code"), "otp_expired");
});

test("an address changed by a mail to the new one", async () => {
  const email = address();
  const newer = address();
  const client = browser({ url: CONFIRMING_URL });
  ok(await client.auth.signUp({ email, password: PASSWORD }));
  const { token_hash } = (await mails(CONFIRMING_URL, email))[0];
  ok(await client.auth.verifyOtp({ type: "signup", token_hash }));
  const { user } = ok(await client.auth.updateUser({ email: newer }));
  assert.deepEqual([user.email, user.new_email], [email, newer]);
  ok(await client.auth.resend({ type: "email_change", email }));
  const [{ code }] = await mails(CONFIRMING_URL, newer);
  ok(await client.auth.verifyOtp({ type: "email_change", email: newer, token: code }));
  assert.equal(ok(await client.auth.getUser()).user.email, newer);
});
