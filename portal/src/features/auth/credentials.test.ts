import { expect, it } from "vitest";

import { texts } from "@/texts/auth";

import { addressOnly, fresh, present } from "./credentials";

const messageOf = (result: ReturnType<typeof present.safeParse>) =>
  result.error?.issues[0]?.message;

it("takes what a person types, without the blanks around an address", () => {
  const typed = { email: "  ada@example.com ", password: "x" };
  expect(present.parse(typed)).toEqual({ email: "ada@example.com", password: "x" });
});

it.each([
  ["", texts.missing.email],
  ["ada", texts.missing.emailWrong],
  ["ada@", texts.missing.emailWrong],
])("says what is wrong with %j", (email, message) =>
  expect(addressOnly.safeParse({ email }).error?.issues[0]?.message).toBe(message),
);

it("wants a new password to be long enough, and takes any present one", () => {
  const typed = { email: "ada@example.com", password: "seven77" };
  expect(messageOf(fresh.safeParse(typed))).toBe(texts.missing.passwordShort(8));
  expect(present.safeParse(typed).success).toBe(true);
  expect(messageOf(present.safeParse({ ...typed, password: "" }))).toBe(texts.missing.password);
});
