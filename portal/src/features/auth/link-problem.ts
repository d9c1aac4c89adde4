/**
 * Why a mail's link did not work, when this page was opened by one: the auth service says so behind `#`. Read
 * once, when the page is loaded: supabase-js tidies the address afterwards.
 */
export const linkProblem: string | null =
  typeof window === "undefined"
    ? null
    : new URLSearchParams(window.location.hash.slice(1)).get("error_code");
