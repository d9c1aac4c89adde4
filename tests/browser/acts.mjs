// Scenarios of acts that follow from each other: the first one that fails ends the scenario.

import assert from "node:assert/strict";

import { screenshot } from "./browser.mjs";

/**
 * What plays the acts of a scenario, each as a test of its own. None of a page's hidden errors is forgiven: an
 * act that looks well fails when the watch has a complaint.
 */
export function stage(test, page, watch) {
  return async (name, act) => {
    let failed = false;
    await test.test(name, async () => {
      try {
        await act();
        assert.deepEqual(watch.complaints, []);
      } catch (error) {
        failed = true;
        await screenshot(page, `failed-${name.replaceAll(/\W+/g, "-")}`);
        throw error;
      }
    });
    if (failed) throw new Error(`The scenario ended here: ${name}`);
  };
}
