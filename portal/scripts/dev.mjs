/**
 * `npm run dev`: the portal with reloading, against a running `cargo xtask up`. Reads that platform's
 * `addresses.json` (`MINDROOM_STATE_DIR`, else `.mindroom` at the root) and writes `public/config.json` from it.
 * The API allows the portal's own origin only, so it is reached through a path of the dev server.
 */
import { spawn } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";

const portal = path.join(import.meta.dirname, "..");
const state = process.env.MINDROOM_STATE_DIR ?? path.join(portal, "..", ".mindroom");
const file = path.join(state, "addresses.json");

const addresses = await readFile(file, "utf8").then(JSON.parse, () => {
  console.error(`${file} cannot be read: start the platform first (cargo xtask up).`);
  process.exit(1);
});
const port = process.env.PORT ?? "3000";
const config = {
  api_url: `http://localhost:${port}/platform`,
  auth_url: addresses.auth,
  publishable_key: addresses.publishable_key,
  instance_domain: new URL(addresses.app).host.replace(/^app\./, ""),
  environment: "local",
};
await mkdir(path.join(portal, "public"), { recursive: true });
await writeFile(path.join(portal, "public", "config.json"), JSON.stringify(config));
const next = path.join(portal, "node_modules", ".bin", "next");
// The gateway answers as the API on the loopback address too, which Node resolves, unlike `*.localhost`.
const api = `http://127.0.0.1:${new URL(addresses.api).port || 80}`;
spawn(next, ["dev", "--port", port], {
  cwd: portal,
  env: { ...process.env, MINDROOM_DEV_API: api },
  stdio: "inherit",
}).on("exit", (code) => process.exit(code ?? 1));
