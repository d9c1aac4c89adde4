// A watch over what pages do besides what one sees.

import type { BrowserContext, ConsoleMessage } from "@playwright/test";

interface Expected {
  text: string;
  address: string;
}

/** Collects what must not happen: errors on a page, in its console, and requests to strangers. */
export class Watch {
  readonly #complaints: string[] = [];
  readonly #expected: Expected[] = [];
  #requests = 0;

  constructor(context: BrowserContext) {
    context.on("weberror", (error) => this.#complain(`page error: ${error.error().stack}`));
    context.on("console", (message) => this.#read(message));
    context.on("request", (request) => this.#check(request.url()));
    context.on("page", (page) => page.on("crash", () => this.#complain(`crash: ${page.url()}`)));
  }

  /** From here on, this status from this address belongs to the scenario and is no complaint. */
  expect(status: number, address: string): void {
    this.#expected.push({ text: `status of ${status} `, address });
  }

  /** From here on, requests may find no network. */
  expectNoNetwork(): void {
    this.#expected.push({ text: "net::ERR_INTERNET_DISCONNECTED", address: "" });
    this.#expected.push({ text: "net::ERR_FAILED", address: "" });
  }

  /** Everything that went wrong until now. */
  get complaints(): readonly string[] {
    return this.#requests > 0 ? this.#complaints : ["no request was seen: the watch is blind"];
  }

  /** Chromium reports pages' violations of their Content-Security-Policy and failed loads as errors, too. */
  #read(message: ConsoleMessage): void {
    if (message.type() !== "error") return;
    const text = message.text();
    const { url } = message.location();
    const isExpected = (expected: Expected) =>
      text.includes(expected.text) && url.startsWith(expected.address);
    if (!this.#expected.some(isExpected)) this.#complain(`console: ${text} (${url})`);
  }

  #check(url: string): void {
    this.#requests += 1;
    const { protocol, hostname } = new URL(url);
    if (["data:", "blob:", "about:"].includes(protocol)) return;
    if (!`.${hostname}`.endsWith(".mindroom.localhost")) this.#complain(`request to ${url}`);
  }

  #complain(text: string): void {
    this.#complaints.push(text);
  }
}
