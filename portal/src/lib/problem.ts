import { texts } from "@/texts/problems";

import type { components } from "./api.generated";

export type Problem = components["schemas"]["Problem"];

/** A request that was not done, with the text for the person who asked. */
export class ProblemError extends Error {
  override readonly name = "ProblemError";

  constructor(
    /** HTTP status; 0 when there was no answer. */
    readonly status: number,
    /** Stable code of the API, or one of `unreachable`, `unreadable`. */
    readonly code: string,
    /** What happened and what to do about it. */
    readonly detail: string,
    /** Which fields are wrong, by name. */
    readonly fields: Readonly<Record<string, string>> = {},
    /** How the log calls this request. */
    readonly requestId: string | null = null,
    /** Seconds to wait before trying again, when the answer said so. */
    readonly retryAfter: number | null = null,
  ) {
    super(detail);
  }
}

/** No answer came: no network, a refused connection, a blocked request. */
export function unreachable(): ProblemError {
  const offline = typeof navigator !== "undefined" && !navigator.onLine;
  return new ProblemError(0, "unreachable", offline ? texts.offline : texts.unreachable);
}

/** The problem that a refused request's body tells; what is no problem document still gets a clear text. */
export function problemOf(response: Response, body: unknown): ProblemError {
  const retryAfter = secondsOf(response.headers.get("retry-after"));
  const requestId = response.headers.get("x-request-id");
  if (!isProblem(body)) {
    const detail = texts.unreadable(response.status);
    return new ProblemError(response.status, "unreadable", detail, {}, requestId, retryAfter);
  }
  const fields: Record<string, string> = {};
  for (const { field, message } of body.errors ?? []) fields[field] ??= message;
  const { code, detail, request_id } = body;
  return new ProblemError(
    response.status,
    code,
    detail,
    fields,
    request_id || requestId,
    retryAfter,
  );
}

function isProblem(body: unknown): body is Problem {
  if (typeof body !== "object" || body === null) return false;
  const { code, detail, errors } = body as Partial<Problem>;
  return (
    typeof code === "string" &&
    typeof detail === "string" &&
    (errors === undefined || Array.isArray(errors))
  );
}

function secondsOf(header: string | null): number | null {
  const seconds = Number(header);
  return header !== null && Number.isFinite(seconds) && seconds >= 0 ? seconds : null;
}

/** Any thrown value as a text for the page. */
export function detailOf(error: unknown): string {
  return error instanceof Error && error.message !== "" ? error.message : texts.unknown;
}

/** What kind of trouble it is, in a few words. */
export function titleOf(error: unknown): string {
  const { titles } = texts;
  if (!(error instanceof ProblemError)) return titles.other;
  if (error.status === 0) return titles.unreachable;
  if (error.status === 429) return titles.limited;
  if (error.status === 403) return titles.forbidden;
  return error.status >= 500 ? titles.server : titles.other;
}
