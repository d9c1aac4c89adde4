import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";

import { expect, it } from "vitest";

import { texts } from "@/texts/activity";

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

it("has words for everything that the database writes down", () => {
  const folder = path.join(import.meta.dirname, "../../../../crates/store/migrations");
  const sql = readdirSync(folder).map((file) => readFileSync(path.join(folder, file), "utf8"));
  const calls = sql.join("\n").match(/api\.audit\([^;]*;/g) ?? [];
  const written = new Set(
    calls
      .join()
      .match(/'[a-z]+\.[a-z_]+'/g)
      ?.map((name) => name.slice(1, -1)),
  );
  expect(written.size).toBeGreaterThan(10);
  // Settings of the session have names with a dot, too.
  const unknown = [...written].filter(
    (name) => !name.startsWith("app.") && !(name in texts.actions),
  );
  expect(unknown).toEqual([]);
});
