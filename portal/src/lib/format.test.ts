import { expect, it } from "vitest";

import { dateTime, duration, money, words } from "./format";

it.each([
  [2000, "usd", "$20"],
  [1999, "usd", "$19.99"],
  [0, "usd", "$0"],
  [192000, "usd", "$1,920"],
  [500, "jpy", "¥500"],
])("writes %i %s as %s", (amount, currency, text) => expect(money(amount, currency)).toBe(text));

it.each([
  [-5, "0.0 s"],
  [4230, "4.2 s"],
  [9949, "9.9 s"],
  [9960, "10 s"],
  [47_400, "47 s"],
  [59_700, "1 min 00 s"],
  [185_000, "3 min 05 s"],
  [7_440_000, "2 h 04 min"],
])("writes %i ms as %s", (milliseconds, text) => expect(duration(milliseconds)).toBe(text));

it("shows a dash for no time", () => {
  expect(dateTime(null)).toBe("–");
  expect(dateTime("nonsense")).toBe("–");
  expect(dateTime("2026-11-23T12:00:00Z")).toMatch(/23 Nov 2026/);
});

it("splits the wire's words", () => expect(words("incomplete_expired")).toBe("incomplete expired"));
