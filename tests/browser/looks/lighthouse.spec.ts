// Lighthouse's marks of the pages that everybody sees: at least 95 of 100 in each category.
//
// It slows the processor four times, which makes a good desktop a phone of the middle. A lesser machine would become
// less than that, so it is slowed less, by the table of Lighthouse's own docs/throttling.md.

import { chromium, expect, test } from "@playwright/test";
import lighthouse from "lighthouse";

import { runningPlatform } from "../support/platform";
import { freePort } from "../support/ports";

const LEAST = 95;
const PATHS = ["/", "/auth/sign-in", "/auth/sign-up", "/privacy"];

for (const path of PATHS) {
  test(`${path} has good marks`, async ({}, { project }) => {
    test.setTimeout(180_000);
    const port = await freePort();
    const { launchOptions } = project.use;
    // A browser of its own: Lighthouse talks to it by its debugging port.
    const browser = await chromium.launch({
      ...launchOptions,
      args: [...(launchOptions?.args ?? []), `--remote-debugging-port=${port}`],
    });
    try {
      const page = runningPlatform().app + path;
      const flags = { port, logLevel: "error" } as const;
      const look = await lighthouse(page, { ...flags, onlyAudits: ["viewport"] });
      const power = look?.lhr.environment.benchmarkIndex ?? 0;
      const throttling = { cpuSlowdownMultiplier: slowdown(power) };
      const run = await lighthouse(page, { ...flags, throttling });
      if (!run) throw new Error("Lighthouse has no answer");
      const { categories, audits, runtimeError } = run.lhr;
      expect(runtimeError).toBeUndefined();
      const marks = Object.entries(categories).map(
        ([name, { score }]) => [name, Math.round((score ?? 0) * 100)] as const,
      );
      const told = marks.map(([name, mark]) => `${name} ${mark}`).join(", ");
      console.log(`${path}: ${told}; power ${power}, slowed ${slowdown(power)} times`);
      const failed = Object.values(audits)
        .filter(({ score }) => score !== null && score < 0.9)
        .map(({ id, score, displayValue }) => `${id} ${score} ${displayValue ?? ""}`);
      for (const [name, mark] of marks) {
        expect(mark, `${name}; ${failed.join("; ")}`).toBeGreaterThanOrEqual(LEAST);
      }
      expect(audits["cumulative-layout-shift"]?.numericValue ?? 1).toBeLessThan(0.05);
    } finally {
      await browser.close();
    }
  });
}

function slowdown(power: number): number {
  if (power >= 1500) return 4;
  return power >= 800 ? 2 : 1;
}
