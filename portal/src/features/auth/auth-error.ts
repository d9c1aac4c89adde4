import { isAuthApiError, isAuthRetryableFetchError } from "@supabase/auth-js";

import { texts } from "@/texts/auth";

const TEXTS: Readonly<Record<string, string>> = texts.problems;

/** What the auth service said, for people. Its own words are for programmers: what we do not know stays general. */
export function authProblem(error: Error): string {
  if (isAuthRetryableFetchError(error)) return texts.problems.unreachable;
  const code = isAuthApiError(error) ? error.code : undefined;
  return TEXTS[code ?? ""] ?? texts.problems.unknown;
}

/** Whether the address has to be confirmed first. */
export function isUnconfirmed(error: Error): boolean {
  return isAuthApiError(error) && error.code === "email_not_confirmed";
}
