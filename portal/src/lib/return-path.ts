/** Where a person lands who has no other way to go. */
export const HOME = "/dashboard";

/** Pages that make no sense to return to. */
const NEVER = ["/auth/"];

/** A base that no real page has: what resolves elsewhere has left the portal. */
const ORIGIN = "https://portal.invalid";

/**
 * A path of this portal to return to, from an untrusted query parameter; `HOME` for anything else, so that
 * a link to the sign-in page cannot send people to another site.
 */
export function safeReturnPath(next: string | null | undefined): string {
  if (!next?.startsWith("/") || next.length > 2048) return HOME;
  let url: URL;
  try {
    // The same parser as the browser's: it knows that `//x`, `/\x` and `/<tab>/x` name hosts.
    url = new URL(next, ORIGIN);
  } catch {
    return HOME;
  }
  const path = url.pathname + url.search + url.hash;
  // A path such as `/.//x` resolves to `//x`, which would name a host the next time it is resolved.
  const leaves = url.origin !== ORIGIN || path.startsWith("//");
  return leaves || NEVER.some((prefix) => path.startsWith(prefix)) ? HOME : path;
}

interface SignInOptions {
  page?: "/auth/sign-in" | "/auth/sign-up";
  /** Whether the session has ended under the person's hands, which the page then explains. */
  ended?: boolean;
}

/** The sign-in (or sign-up) page, coming back to `path` afterwards. */
export function signInPath(
  path: string,
  { page = "/auth/sign-in", ended = false }: SignInOptions = {},
): string {
  const next = safeReturnPath(path);
  const parameters = new URLSearchParams();
  if (next !== HOME) parameters.set("next", next);
  if (ended) parameters.set("ended", "1");
  const query = parameters.toString();
  return query === "" ? page : `${page}?${query}`;
}
