import { readFileSync } from "node:fs";

import { expect, it } from "vitest";
import * as z from "zod/mini";

import { zDeleteInstance, zProvision } from "./schemas/zod.gen";

const document = JSON.parse(
  readFileSync(new URL("../../../openapi.json", import.meta.url), "utf8"),
) as { components: { schemas: Record<string, { properties: Record<string, object> }> } };

/** What both sides say of a field; `anyOf` and `type` lists say "or null" in two ways. */
function rulesOf(schema: object): object {
  const { anyOf } = schema as { anyOf?: { type?: string }[] };
  const one = anyOf?.find(({ type }) => type !== "null") ?? schema;
  const { minLength, maxLength, pattern } = one as Record<string, unknown>;
  return { minLength, maxLength, pattern };
}

it.each([
  ["Provision", zProvision],
  ["DeleteInstance", zDeleteInstance],
])("checks %s as the API's document says; else run `npm run generate`", (name, schema) => {
  const theirs = document.components.schemas[name]?.properties ?? {};
  const ours = z.toJSONSchema(schema).properties ?? {};
  expect(Object.keys(ours).sort()).toEqual(Object.keys(theirs).sort());
  for (const [field, rules] of Object.entries(ours)) {
    expect(rulesOf(rules as object), field).toEqual(rulesOf(theirs[field] ?? {}));
  }
});
