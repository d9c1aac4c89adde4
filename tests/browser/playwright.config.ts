import { defineConfig } from "@playwright/test";

/** Nothing that talks to anybody but the pages' own servers; letters drawn the same on every machine. */
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--font-render-hinting=none",
  "--disable-lcd-text",
];

export default defineConfig({
  testDir: ".",
  outputDir: "../../target/browser",
  // One platform serves all, with limits on requests: flows go one by one. How pages look hardly asks it anything, and
  // goes two by two (`npm test`). A failure is no accident to be tried away.
  workers: 1,
  retries: 0,
  forbidOnly: true,
  timeout: 60_000,
  expect: {
    timeout: 20_000,
    toHaveScreenshot: { animations: "disabled", caret: "hide", maxDiffPixelRatio: 0.01 },
  },
  snapshotPathTemplate: "{testDir}/looks/pictures/{arg}{ext}",
  // Pictures are renewed on purpose only: `npm run looks`.
  updateSnapshots: "none",
  reporter: [["list"]],
  use: {
    viewport: { width: 1280, height: 800 },
    locale: "en-GB",
    timezoneId: "UTC",
    actionTimeout: 20_000,
    screenshot: "only-on-failure",
    launchOptions: {
      executablePath: process.env["CHROMIUM"] || "/usr/bin/chromium",
      args: FLAGS,
    },
  },
});
