// Chromium with a fresh profile, and a watch over what its pages do.

import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { chromium } from "playwright-core";

const WORKSPACE = resolve(import.meta.dirname, "../..");
/** A relative folder is one below the work tree, wherever the tests were started. */
const SCREENSHOTS = resolve(WORKSPACE, process.env.SCREENSHOTS || "target/screenshots");

/** Nothing that talks to anybody but the pages' own servers. */
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Longest wait for something on a page (milliseconds). */
const PATIENCE = 20_000;

/** A browser, one window in it, and the watch over all of the window's pages. */
export async function openBrowser() {
  mkdirSync(SCREENSHOTS, { recursive: true });
  const executablePath = process.env.CHROMIUM || "/usr/bin/chromium";
  const browser = await chromium.launch({ executablePath, headless: true, args: FLAGS });
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  context.setDefaultTimeout(PATIENCE);
  return { browser, context, watch: new Watch(context) };
}

/** Keeps a picture of the page: all of it, or what the window shows. */
export function screenshot(page, name, { fullPage = true } = {}) {
  return page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), fullPage });
}

/** Collects what must not happen: errors on a page, in its console, and requests to strangers. */
class Watch {
  #complaints = [];
  #expected = [];
  #requests = 0;

  constructor(context) {
    context.on("weberror", (error) => this.#complain(`page error: ${error.error().stack}`));
    context.on("console", (message) => this.#read(message));
    context.on("request", (request) => this.#check(request.url()));
    context.on("page", (page) => page.on("crash", () => this.#complain(`crash: ${page.url()}`)));
  }

  /** From here on, this status from this address belongs to the scenario and is no complaint. */
  expect(status, address) {
    this.#expected.push({ status: `status of ${status} `, address });
  }

  /** Everything that went wrong until now. */
  get complaints() {
    return this.#requests > 0 ? this.#complaints : ["no request was seen: the watch is blind"];
  }

  /** Chromium reports pages' violations of their Content-Security-Policy and failed loads as errors, too. */
  #read(message) {
    if (message.type() !== "error") return;
    const text = message.text();
    const { url } = message.location();
    const isExpected = ({ status, address }) => text.includes(status) && url.startsWith(address);
    if (!this.#expected.some(isExpected)) this.#complain(`console: ${text} (${url})`);
  }

  #check(url) {
    this.#requests += 1;
    const { protocol, hostname } = new URL(url);
    if (["data:", "blob:", "about:"].includes(protocol)) return;
    if (!`.${hostname}`.endsWith(".mindroom.localhost")) this.#complain(`request to ${url}`);
  }

  #complain(text) {
    this.#complaints.push(text);
  }
}
