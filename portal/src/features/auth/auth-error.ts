import { isAuthApiError, isAuthRetryableFetchError } from "@supabase/supabase-js";

const TEXTS: Readonly<Record<string, string>> = {
  email_not_confirmed: "Confirm your address first: we sent you a mail with a link.",
  invalid_credentials: "The e-mail address or the password is not right.",
  over_request_rate_limit: "Too many attempts. Wait a little and try again.",
  signup_disabled: "Nobody can sign up at present.",
  user_already_exists: "There is an account with this address already. Sign in instead.",
  user_banned: "This account is closed.",
};

/** What the auth service said, for people. Its own words are good enough where we have none. */
export function authProblem(error: Error): string {
  if (isAuthRetryableFetchError(error)) {
    return "The sign-in service cannot be reached. Try again in a moment.";
  }
  if (isAuthApiError(error)) return TEXTS[error.code ?? ""] ?? error.message;
  return error.message;
}
