import { expect, it } from "vitest";

import { texts } from "@/texts/instance";

import { address } from "./use-address-form";

const check = (subdomain: string) => address.safeParse({ subdomain });

it("takes an address, tidied, and an empty one", () => {
  expect(check(" Acme-1 ").data).toEqual({ subdomain: "acme-1" });
  expect(check("").data).toEqual({ subdomain: "" });
});

it.each([
  ["ab", texts.address.length],
  ["a_b", texts.address.letters],
  ["-abc", texts.address.hyphen],
  ["admin", texts.address.reserved],
])("says what is wrong with %j", (subdomain, message) =>
  expect(check(subdomain).error?.issues[0]?.message).toBe(message),
);
