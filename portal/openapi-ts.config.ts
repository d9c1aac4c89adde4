import { defineConfig } from "@hey-api/openapi-ts";

/** What forms are checked with: the bodies of the requests that they send, from the API's own document. */
const BODIES = [
  "ChangeAccountStatus",
  "ChangeMyAccount",
  "DeleteInstance",
  "EditAccount",
  "Provision",
];

export default defineConfig({
  input: "../openapi.json",
  output: { path: "src/lib/schemas", postProcess: ["prettier"] },
  parser: { filters: { schemas: { include: BODIES }, operations: { include: [] }, orphans: true } },
  plugins: [{ name: "zod", compatibilityVersion: "mini", requests: false, responses: false }],
});
