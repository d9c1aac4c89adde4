import { expect, it } from "vitest";

import { pageQueryOf, rowsOf, searchOf } from "./page-query";

const STATUSES = ["running", "stopped"];
const read = (search: string) => pageQueryOf(new URLSearchParams(search), STATUSES);

it("reads and writes the address", () => {
  const query = { page: 3, q: "a&b", status: "running" };
  expect(searchOf(query)).toBe("?q=a%26b&status=running&page=3");
  expect(read(searchOf(query))).toEqual(query);
  expect(searchOf(read(""))).toBe("");
});

it.each(["?page=0", "?page=-1", "?page=1.5", "?page=x", "?page=1e9", "?status=nonsense"])(
  "takes %s for the first page of everything",
  (search) => expect(read(search)).toEqual({ page: 1, q: "", status: "" }),
);

it("asks for the rows of the page", () => {
  expect(rowsOf(read("?page=2&q=x"))).toEqual({
    _start: 25,
    _end: 50,
    _sort: "created_at",
    _order: "DESC",
    q: "x",
  });
});

it("bounds the text", () => expect(read(`?q=${"x".repeat(500)}`).q).toHaveLength(200));
