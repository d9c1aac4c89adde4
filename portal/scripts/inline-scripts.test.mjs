import { createHash } from "node:crypto";

import { expect, it } from "vitest";

import { inlineScriptSources } from "./inline-scripts.mjs";

const source = (code) => `sha256-${createHash("sha256").update(code).digest("base64")}`;

it("hashes inline scripts exactly, each once, and no others", () => {
  const html = `<script src="/a.js" async=""></script><script>a < b\n</script>
    <script id="x">c()</script><p>text</p><script>c()</script>`;
  expect(inlineScriptSources(html)).toEqual([source("a < b\n"), source("c()")].sort());
});

it("finds nothing where there is nothing", () => {
  expect(inlineScriptSources("<p>a</p>")).toEqual([]);
});

it.each(['<p style="color:red">', '<img src="x" onerror="a()">', "<style>p{}</style>"])(
  "refuses %s",
  (html) => expect(() => inlineScriptSources(html)).toThrow("refuse"),
);

it("does not take a script's text for markup", () => {
  expect(inlineScriptSources("<script>'<p style=\"x\">'</script>")).toHaveLength(1);
});
