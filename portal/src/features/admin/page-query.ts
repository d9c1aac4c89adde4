/** Rows on one page of a list. */
export const ROWS = 25;

/** What a list's address says: `?page=2&q=acme&status=running`. */
export interface PageQuery {
  /** From 1. */
  page: number;
  q: string;
  /** Empty for all. */
  status: string;
}

/** Longest text to search for, in characters. */
const LONGEST = 200;

/** Reads the untrusted address; what makes no sense becomes the first page of everything. */
export function pageQueryOf(parameters: URLSearchParams, statuses: readonly string[]): PageQuery {
  const page = Number(parameters.get("page") ?? 1);
  const status = parameters.get("status") ?? "";
  return {
    page: Number.isInteger(page) && page >= 1 && page <= 1_000_000 ? page : 1,
    q: (parameters.get("q") ?? "").slice(0, LONGEST),
    status: statuses.includes(status) ? status : "",
  };
}

/** The address's query for it, without what says nothing. */
export function searchOf({ page, q, status }: PageQuery): string {
  const parameters = new URLSearchParams();
  if (q !== "") parameters.set("q", q);
  if (status !== "") parameters.set("status", status);
  if (page > 1) parameters.set("page", String(page));
  const text = parameters.toString();
  return text === "" ? "" : `?${text}`;
}

/** The API's parameters for it, newest rows first. */
export function rowsOf({ page, q, status }: PageQuery) {
  return {
    _start: (page - 1) * ROWS,
    _end: page * ROWS,
    _sort: "created_at" as const,
    _order: "DESC" as const,
    ...(q !== "" && { q }),
    ...(status !== "" && { status }),
  };
}
