import { createHash } from "node:crypto";

/**
 * The sources, such as `sha256-…`, that a Content-Security-Policy needs to allow a page's inline scripts, sorted,
 * each once. Throws for what no hash can allow: event handler attributes, inline styles.
 *
 * Plain patterns serve here, since the pages are React's output: no comments in scripts, attributes quoted.
 */
export function inlineScriptSources(html) {
  const sources = new Set();
  let rest = "";
  let end = 0;
  for (const match of html.matchAll(/<script\b([^>]*)>([\s\S]*?)<\/script>/gi)) {
    const [whole, attributes, code] = match;
    rest += html.slice(end, match.index);
    end = match.index + whole.length;
    if (!/\ssrc=/i.test(attributes) && code !== "") {
      sources.add(`sha256-${createHash("sha256").update(code).digest("base64")}`);
    }
  }
  rest += html.slice(end);
  const refused = /<style\b|<[a-z][^>]*\s(?:style|on[a-z]+)=/i.exec(rest);
  if (refused) throw new Error(`the policy would refuse ${refused[0].slice(0, 120)}`);
  return [...sources].sort();
}
