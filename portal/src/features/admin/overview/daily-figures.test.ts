import { expect, it } from "vitest";

import { shortMoney, sumOf, valuesOf } from "./daily-figures";

const DAYS = [
  { day: "2026-11-23", signups: 3, instances: 1, paid: 4_000, ended: 0 },
  { day: "2026-11-24", signups: 0, instances: 2, paid: 0, ended: 1 },
];

it("takes one figure of each day; a day on which nothing happened has 0", () => {
  expect(valuesOf(DAYS, "signups")).toEqual([
    { day: "2026-11-23", value: 3 },
    { day: "2026-11-24", value: 0 },
  ]);
  expect(sumOf(DAYS, "instances")).toBe(3);
});

it.each([
  [0, "usd", "$0"],
  [50_000, "usd", "$500"],
  [150_000, "usd", "$1.5K"],
  [1_500, "jpy", "¥1.5K"],
])("writes %d %s short", (amount, currency, text) =>
  expect(shortMoney(amount, currency)).toBe(text),
);
