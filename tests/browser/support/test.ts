// The tests' beginning: where the platform is, and the watch that no test may escape.

import { join, resolve } from "node:path";
import { test as base, expect, type Page } from "@playwright/test";

import { type Platform, runningPlatform } from "./platform";
import { Watch } from "./watch";

const WORKSPACE = resolve(import.meta.dirname, "../../..");
/** A relative folder is one below the work tree, wherever the tests were started. */
const SCREENSHOTS = resolve(WORKSPACE, process.env["SCREENSHOTS"] || "target/screenshots");

interface Own {
  platform: Platform;
  watch: Watch;
}

/** Each test ends with a look at what its pages did unseen: none of it is forgiven. */
export const test = base.extend<Own>({
  platform: async ({}, use) => {
    await use(runningPlatform());
  },
  watch: [
    async ({ context }, use) => {
      const watch = new Watch(context);
      await use(watch);
      expect(watch.complaints).toEqual([]);
    },
    { auto: true },
  ],
});

export { expect };

/** Keeps a picture of the page for people to look at: all of it, or what the window shows. */
export function keep(page: Page, name: string, { fullPage = true } = {}): Promise<Buffer> {
  return page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), fullPage });
}
