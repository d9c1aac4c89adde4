import { AuthApiError, AuthRetryableFetchError } from "@supabase/auth-js";
import { expect, it } from "vitest";

import { texts } from "@/texts/auth";

import { authProblem, isUnconfirmed } from "./auth-error";

it.each(Object.entries(texts.problems))("has a sentence for %s", (code, text) =>
  expect(authProblem(new AuthApiError("internal words", 400, code))).toBe(text),
);

it("shows no internal words", () => {
  expect(authProblem(new AuthApiError("db: oops", 500, "new_code"))).toBe(texts.problems.unknown);
  expect(authProblem(new Error("oops"))).toBe(texts.problems.unknown);
});

it("tells a lost connection", () =>
  expect(authProblem(new AuthRetryableFetchError("x", 0))).toBe(texts.problems.unreachable));

it("tells an address that is not confirmed from a wrong password", () => {
  expect(isUnconfirmed(new AuthApiError("x", 400, "email_not_confirmed"))).toBe(true);
  expect(isUnconfirmed(new AuthApiError("x", 400, "invalid_credentials"))).toBe(false);
  expect(isUnconfirmed(new Error("email_not_confirmed"))).toBe(false);
});
