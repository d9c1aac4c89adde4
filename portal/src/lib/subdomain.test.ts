import { readFileSync } from "node:fs";

import { expect, it } from "vitest";

import { RESERVED, subdomainProblem, tidySubdomain } from "./subdomain";

it.each(["acme", "a-1", "a".repeat(40), "123", "a--b"])("accepts %s", (name) =>
  expect(subdomainProblem(name)).toBeNull(),
);

it.each([
  ["ab", /3 to 40/],
  ["a".repeat(41), /3 to 40/],
  ["", /3 to 40/],
  ["a.b", /lower-case/],
  ["ünï", /lower-case/],
  ["a b", /lower-case/],
  ["-acme", /hyphen/],
  ["acme-", /hyphen/],
  ["api", /reserved/],
  ["xn--abc", /reserved/],
])("refuses %j", (name, reason) => expect(subdomainProblem(name)).toMatch(reason));

it("tidies what a person types", () => expect(tidySubdomain("  Acme ")).toBe("acme"));

it("knows the same reserved names as crates/domain", () => {
  const source = readFileSync(
    new URL("../../../crates/domain/src/subdomain.rs", import.meta.url),
    "utf8",
  );
  const list = /RESERVED: &\[&str\] = &\[([^\]]*)\]/.exec(source)?.[1] ?? "";
  const names = [...list.matchAll(/"([^"]+)"/g)].map((match) => match[1]);
  expect(names.length).toBeGreaterThan(0);
  expect([...RESERVED]).toEqual(names);
});
