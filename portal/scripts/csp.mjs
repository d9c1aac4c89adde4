/**
 * Writes `out/csp.json`: for each page (its path in `out`) the SHA-256 sources of its inline scripts. The function
 * that serves the portal makes each page's Content-Security-Policy from it. Run by `npm run build`.
 */
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";

import { inlineScriptSources } from "./inline-scripts.mjs";

const out = path.join(import.meta.dirname, "..", "out");

// A leftover of `npm run dev`: the settings come from variables.
await rm(path.join(out, "config.json"), { force: true });

const files = await readdir(out, { recursive: true });
const pages = files.filter((file) => file.endsWith(".html")).sort();
const policy = {};
for (const page of pages) {
  const html = await readFile(path.join(out, page), "utf8");
  try {
    policy[page.split(path.sep).join("/")] = inlineScriptSources(html);
  } catch (error) {
    throw new Error(`${page}: ${error.message}`, { cause: error });
  }
}
await writeFile(path.join(out, "csp.json"), `${JSON.stringify(policy, null, 1)}\n`);
console.log(`csp.json: ${pages.length} pages`);
