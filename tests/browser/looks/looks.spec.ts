// How every page looks on a phone, a tablet and a desk, compared with the pictures beside this file. After a
// wanted change: `npm run looks`, and look at each new picture before committing it.

import { SCENES, wear } from "../support/scenes";
import { expect, test } from "../support/test";

const WIDTHS = [375, 768, 1440];

/** Dark is the same layout in other colours: a few pages at one width show it. */
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

/** The start page is long, and drawn three times (milliseconds). */
const PATIENCE = 180_000;

test.describe.configure({ timeout: PATIENCE });
test.use({ contextOptions: { reducedMotion: "reduce" } });

for (const { name, show } of SCENES) {
  test(name, async ({ page, platform, watch }) => {
    watch.expect(404, platform.app);
    watch.expect(404, platform.api);
    watch.expect(403, platform.api);
    await wear(page, "light");
    await show(page, platform);
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 900 });
      await expect(page).toHaveScreenshot(`${name}-${width}.png`, { fullPage: true });
    }
  });
}

for (const { name, show } of SCENES.filter((scene) => ALSO_DARK.has(scene.name))) {
  test(`${name}, dark`, async ({ page, platform }) => {
    await wear(page, "dark");
    await page.setViewportSize({ width: 1440, height: 900 });
    await show(page, platform);
    await expect(page).toHaveScreenshot(`${name}-dark.png`, { fullPage: true });
  });
}
