import { expect, it } from "vitest";

import {
  type ListQuery,
  listQueryOf,
  type ListSpec,
  rowsOf,
  searchOf,
  sortedBy,
} from "./list-query";

const SPEC: ListSpec<"status" | "since" | "kind"> = {
  sorts: ["created_at", "email"],
  first: { sort: "created_at", order: "DESC" },
  filters: { status: ["running", "stopped"], since: "day", kind: "text" },
};
const read = (search: string) => listQueryOf(new URLSearchParams(search), SPEC);
const EVERYTHING: ListQuery = { page: 1, q: "", sort: "created_at", order: "DESC", filters: {} };

it("reads and writes the address", () => {
  const query: ListQuery = {
    page: 3,
    q: "a&b",
    sort: "email",
    order: "DESC",
    filters: { status: "running", since: "2026-11-24" },
  };
  const search = "?q=a%26b&status=running&since=2026-11-24&sort=email&order=desc&page=3";
  expect(searchOf(query, SPEC)).toBe(search);
  expect(read(search)).toEqual(query);
  expect(searchOf(read(""), SPEC)).toBe("");
});

it.each([
  "?page=0",
  "?page=-1",
  "?page=1.5",
  "?page=x",
  "?page=1e9",
  "?status=nonsense",
  "?since=yesterday",
  "?since=2026-13-40",
  "?sort=password",
  "?order=asc",
  "?other=1",
])("takes %s for the first page of everything", (search) =>
  expect(read(search)).toEqual(EVERYTHING),
);

it("asks for the rows of the page", () => {
  expect(rowsOf(read("?page=2&q=x&status=stopped&sort=email"))).toEqual({
    _start: 25,
    _end: 50,
    _sort: "email",
    _order: "ASC",
    q: "x",
    status: "stopped",
  });
});

it("bounds the texts", () => {
  const { q, filters } = read(`?q=${"x".repeat(500)}&kind=${"y".repeat(500)}`);
  expect([q.length, filters.kind?.length]).toEqual([200, 200]);
});

it("sorts by a column, then the other way round, from the first page on", () => {
  const once = sortedBy(read("?page=4"), "email");
  expect(once).toMatchObject({ sort: "email", order: "ASC", page: 1 });
  expect(sortedBy(once, "email")).toMatchObject({ sort: "email", order: "DESC" });
  expect(sortedBy(once, "created_at")).toMatchObject({ sort: "created_at", order: "ASC" });
});
