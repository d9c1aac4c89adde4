/** Rows on one page of a list. */
export const ROWS = 25;

export type Order = "ASC" | "DESC";

/** What can be asked of a list: the API's own allow-lists. */
export interface ListSpec<Filter extends string = string> {
  /** Fields that it can be sorted by. */
  sorts: readonly string[];
  /** How it is sorted at first. */
  first: { sort: string; order: Order };
  /** Filters by name: one of these words, a day, or any text where it says so. */
  filters: Readonly<Record<Filter, readonly string[] | "day" | "text">>;
}

/** What a list's address says: `?page=2&q=acme&status=running&sort=email&order=asc`. */
export interface ListQuery<Filter extends string = string> {
  /** From 1. */
  page: number;
  q: string;
  sort: string;
  order: Order;
  /** Only those that are set. */
  filters: Readonly<Partial<Record<Filter, string>>>;
}

/** Longest text to search for, in characters. */
const LONGEST = 200;
const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** Reads the untrusted address; what makes no sense becomes the first page of everything. */
export function listQueryOf<Filter extends string>(
  parameters: URLSearchParams,
  spec: ListSpec<Filter>,
): ListQuery<Filter> {
  const page = Number(parameters.get("page") ?? 1);
  const sort = parameters.get("sort") ?? "";
  const order = parameters.get("order");
  const known = spec.sorts.includes(sort);
  return {
    page: Number.isInteger(page) && page >= 1 && page <= 1_000_000 ? page : 1,
    q: (parameters.get("q") ?? "").slice(0, LONGEST),
    sort: known ? sort : spec.first.sort,
    order: known ? (order === "desc" ? "DESC" : "ASC") : spec.first.order,
    filters: filtersOf(parameters, spec),
  };
}

function filtersOf<Filter extends string>(
  parameters: URLSearchParams,
  { filters }: ListSpec<Filter>,
): Partial<Record<Filter, string>> {
  const set: Partial<Record<Filter, string>> = {};
  for (const name of Object.keys(filters) as Filter[]) {
    const value = parameters.get(name)?.slice(0, LONGEST);
    if (value && makesSense(value, filters[name])) set[name] = value;
  }
  return set;
}

function makesSense(value: string, allowed: readonly string[] | "day" | "text"): boolean {
  if (allowed === "text") return true;
  if (allowed === "day") return DAY.test(value) && !Number.isNaN(Date.parse(value));
  return allowed.includes(value);
}

/** The address's query for it, without what says nothing. */
export function searchOf<Filter extends string>(
  { page, q, sort, order, filters }: ListQuery<Filter>,
  { first }: ListSpec<Filter>,
): string {
  const parameters = new URLSearchParams();
  if (q !== "") parameters.set("q", q);
  for (const [name, value] of Object.entries<string | undefined>(filters)) {
    if (value) parameters.set(name, value);
  }
  if (sort !== first.sort || order !== first.order) {
    parameters.set("sort", sort);
    if (order === "DESC") parameters.set("order", "desc");
  }
  if (page > 1) parameters.set("page", String(page));
  const text = parameters.toString();
  return text === "" ? "" : `?${text}`;
}

/** The API's parameters for all of it, whatever the page. */
export function askedOf<Filter extends string>({ q, sort, order, filters }: ListQuery<Filter>) {
  return { _sort: sort, _order: order, ...(q !== "" && { q }), ...filters };
}

/** The API's parameters for its page. */
export function rowsOf<Filter extends string>(query: ListQuery<Filter>) {
  const { page } = query;
  return { _start: (page - 1) * ROWS, _end: page * ROWS, ...askedOf(query) };
}

/** Where a click on a column's heading leads: to that order, and from it to the opposite one. */
export function sortedBy<Filter extends string>(
  query: ListQuery<Filter>,
  sort: string,
): ListQuery<Filter> {
  const order = query.sort === sort && query.order === "ASC" ? "DESC" : "ASC";
  return { ...query, sort, order, page: 1 };
}
