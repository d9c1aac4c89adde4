import { expect, it } from "vitest";

import type { Estimate, Step } from "@/lib/api";

import { timeLeft } from "./time-left";

const BEGIN = Date.parse("2026-11-24T12:00:00Z");
const STARTED = "2026-11-24T12:00:00Z";

const step = (name: string, state: Step["state"], started_at: string | null = null): Step => ({
  name,
  title: name,
  state,
  started_at,
  finished_at: null,
});
const estimate = (...steps: [string, number | null][]): Estimate => ({
  remaining_seconds: 0,
  steps: steps.map(([name, typical_seconds]) => ({ name, typical_seconds })),
});

const STEPS = [step("a", "done"), step("b", "running", STARTED), step("c", "pending")];

it("adds what is left of the step under way and those to come", () => {
  const usual = estimate(["a", 1], ["b", 10], ["c", 5]);
  expect(timeLeft(STEPS, usual, BEGIN)).toBe(15_000);
  expect(timeLeft(STEPS, usual, BEGIN + 4_000)).toBe(11_000);
  expect(timeLeft(STEPS, usual, BEGIN + 60_000), "a step that takes longer").toBe(5_000);
});

it("says nothing without a history of what is to come", () => {
  expect(timeLeft(STEPS, null, BEGIN)).toBeNull();
  expect(timeLeft(STEPS, estimate(["a", 1], ["b", 10], ["c", null]), BEGIN)).toBeNull();
  expect(timeLeft(STEPS, estimate(["a", null], ["b", 10], ["c", 1]), BEGIN)).toBe(11_000);
});

it("says nothing when nothing is to come", () => {
  expect(timeLeft([step("a", "done")], estimate(["a", 1]), BEGIN)).toBeNull();
});
