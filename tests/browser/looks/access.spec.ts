// The theme before anything is painted, and work by keyboard alone. What axe finds is in `looks.spec.ts`.

import { RUNNING } from "../support/answers";
import { button, handle } from "../support/pages";
import { setStage } from "../support/stage";
import { expect, test } from "../support/test";

test.use({ contextOptions: { reducedMotion: "reduce" } });

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
