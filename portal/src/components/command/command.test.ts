import { expect, it } from "vitest";

import { givenFor } from "./command";

const takes = (asked: Parameters<typeof givenFor>[0], reason: string, confirm = "") =>
  givenFor(asked).safeParse({ reason, confirm });

it("asks for nothing where nothing is asked", () => {
  expect(takes({}, "").success).toBe(true);
});

it("wants a reason in words", () => {
  const asked = { reason: true };
  expect(takes(asked, "  ").error?.issues[0]?.message).toBe("Say why, in a few words.");
  expect(takes(asked, "x".repeat(501)).success).toBe(false);
  expect(takes(asked, " unpaid since May ").data?.reason).toBe("unpaid since May");
});

it.each([
  ["acme", true],
  [" acme ", true],
  ["acm", false],
  ["Acme", false],
  ["", false],
])("takes %j for acme: %s", (typed, right) =>
  expect(takes({ confirm: "acme" }, "", typed).success).toBe(right),
);
