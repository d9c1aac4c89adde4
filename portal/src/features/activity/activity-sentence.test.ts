import { expect, it } from "vitest";

import { deedOf, sentenceOf } from "./activity-sentence";

it("tells who did what", () => {
  expect(sentenceOf({ actor_type: "admin", action: "account.suspend" })).toBe(
    "An administrator suspended the account.",
  );
  expect(sentenceOf({ actor_type: "new", action: "moon.landing_done" })).toBe(
    "Somebody moon landing done.",
  );
});

it("tells what was only looked at", () => {
  expect(deedOf("GET /admin/accounts")).toBe("looked at /admin/accounts");
});
