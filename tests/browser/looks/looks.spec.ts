// Every page as a person can meet it: how it looks on a phone, a tablet and a desk, compared with the pictures beside
// this file; no serious or critical finding of axe in either theme; nothing to scroll sideways on the narrowest screen.
// One visit serves all of it. After a wanted change: `npm run looks`, and look at each new picture before committing it.

import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";

import { allPictures, SCENES } from "../support/scenes";
import { expect, test } from "../support/test";

const WIDTHS = [375, 768, 1440];
const HEIGHT = 900;
const NARROWEST = { width: 320, height: 640 };

/** Dark is the same layout in other colours: pictures of a few pages at the last width show it. */
const ALSO_DARK = new Set([
  "start",
  "sign-in",
  "dashboard",
  "instance",
  "instance-error",
  "checkout",
  "billing",
  "usage",
  "settings",
  "admin",
  "admin-jobs",
]);

/** The start page is long, and drawn four times (milliseconds). */
const PATIENCE = 180_000;

test.describe.configure({ timeout: PATIENCE });
test.use({ contextOptions: { reducedMotion: "reduce" } });

for (const { name, show } of SCENES) {
  test(name, async ({ page, platform, watch }) => {
    watch.expect(404, platform.app);
    watch.expect(404, platform.api);
    watch.expect(403, platform.api);
    await page.emulateMedia({ colorScheme: "light" });
    await show(page, platform);
    const light = await findings(page);
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: HEIGHT });
      await expect(page).toHaveScreenshot(`${name}-${width}.png`, { fullPage: true });
    }
    await page.emulateMedia({ colorScheme: "dark" });
    await expect(page.locator("html")).toHaveClass(/dark/);
    await restful(page);
    await allPictures(page);
    if (ALSO_DARK.has(name)) {
      await expect(page).toHaveScreenshot(`${name}-dark.png`, { fullPage: true });
    }
    expect({ light, dark: await findings(page) }).toEqual({ light: [], dark: [] });
    await page.setViewportSize(NARROWEST);
    const beyond = () =>
      page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    // a layout follows the window's size a frame later
    await expect.poll(beyond, { message: "scrolls sideways" }).toBeLessThanOrEqual(0);
  });
}

/** Waits until no colour is on its way to another: for an instant they change even where motion is reduced. */
async function restful(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const isMoving = ({ playState }: Animation) => playState === "running";
    do {
      await new Promise(requestAnimationFrame);
    } while (document.getAnimations().some(isMoving));
  });
}

/** What axe takes for serious or critical. */
async function findings(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const bad = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  return bad.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
}
