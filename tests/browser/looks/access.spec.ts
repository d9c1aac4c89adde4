// Every page for everybody: no serious or critical finding of axe in either theme, nothing to scroll sideways
// on the narrowest screen, and all of it by keyboard.

import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";

import { RUNNING } from "../support/answers";
import { button, handle } from "../support/pages";
import { SCENES } from "../support/scenes";
import { setStage } from "../support/stage";
import { expect, test } from "../support/test";

const NARROWEST = { width: 320, height: 640 };

test.use({ contextOptions: { reducedMotion: "reduce" } });

for (const { name, show } of SCENES) {
  test(name, async ({ page, platform, watch }) => {
    watch.expect(404, platform.app);
    watch.expect(403, platform.api);
    await page.emulateMedia({ colorScheme: "light" });
    await show(page, platform);
    const light = await findings(page);
    await page.emulateMedia({ colorScheme: "dark" });
    await expect(page.locator("html")).toHaveClass(/dark/);
    await restful(page);
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

test("the theme is there before the first paint and stays", async ({ page, platform }) => {
  await page.emulateMedia({ colorScheme: "light" });
  await page.goto(platform.app);
  const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await background();
  await button(page, "Appearance").click();
  await page.getByRole("menuitemradio", { name: "Dark" }).click();
  await expect.poll(background).not.toBe(light);
  const dark = await background();
  // Seen by a script that runs before any of the page's own code could mend it.
  await page.addInitScript(() => {
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) {
        if (entry.name !== "first-paint") continue;
        document.documentElement.dataset["atFirstPaint"] = document.documentElement.className;
      }
    }).observe({ type: "paint", buffered: true });
  });
  await page.reload({ waitUntil: "commit" });
  await expect(page.locator("html")).toHaveAttribute("data-at-first-paint", /dark/);
  expect(await background()).toBe(dark);
  await button(page, "Appearance").click();
  await page.getByRole("menuitemradio", { name: "As the system" }).click();
  await expect.poll(background).toBe(light);
  await page.emulateMedia({ colorScheme: "dark" });
  await expect.poll(background).toBe(dark);
});

test("an instance is deleted by keyboard alone, and the focus comes back", async ({
  page,
  platform,
}) => {
  await setStage(page, platform, { instances: [RUNNING] });
  await page.goto(`${platform.app}/instance?id=7`);
  await handle(page, "events").waitFor();
  await button(page, "Delete").focus();
  await page.keyboard.press("Enter");
  await expect(page.getByLabel("Type acme to confirm")).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("dialog")).toHaveCount(0);
  await expect(button(page, "Delete")).toBeFocused();
});
