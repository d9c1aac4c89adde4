/**
 * Packs what is worth it in `out`, as small as it gets: `x.js.br` and `x.js.gz` beside `x.js`. The function that serves
 * the portal gives them to browsers that take them. Run by `npm run build`.
 */
import { readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import zlib from "node:zlib";

/** Images and fonts are packed already. */
const WORTH_IT = new Set([".css", ".html", ".js", ".svg", ".txt"]);
/** Below it, in bytes, what is saved is less than the headers. */
const SMALLEST = 1024;

const brotli = promisify(zlib.brotliCompress);
const gzip = promisify(zlib.gzip);

const out = path.join(import.meta.dirname, "..", "out");

let [before, after] = [0, 0];
for (const name of await readdir(out, { recursive: true })) {
  if (!WORTH_IT.has(path.extname(name))) continue;
  const file = path.join(out, name);
  const content = await readFile(file);
  if (content.length < SMALLEST) continue;
  const [small, older] = await Promise.all([brotli(content), gzip(content, { level: 9 })]);
  await writeFile(`${file}.br`, small);
  await writeFile(`${file}.gz`, older);
  before += content.length;
  after += small.length;
}
const kib = (bytes) => `${Math.round(bytes / 1024)} KiB`;
console.log(`packed: ${kib(before)} to ${kib(after)}`);
