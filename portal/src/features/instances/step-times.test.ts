import { expect, it } from "vitest";

import type { Step } from "@/lib/api";

import { elapsedOf, totalOf } from "./step-times";

const at = (second: number) => new Date(Date.UTC(2026, 10, 24, 12, 0, second)).toISOString();
const NOW = Date.parse(at(30));

const DONE: Step = { name: "a", title: "A", state: "done", started_at: at(0), finished_at: at(4) };
const RUNNING: Step = { name: "b", title: "B", state: "running", started_at: at(5) };
const PENDING: Step = { name: "c", title: "C", state: "pending" };

it("measures each step", () => {
  expect(elapsedOf(DONE, NOW)).toBe(4_000);
  expect(elapsedOf(RUNNING, NOW)).toBe(25_000);
  expect(elapsedOf(PENDING, NOW)).toBeNull();
});

it("adds up to the end, or to now", () => {
  expect(totalOf([PENDING], NOW)).toBeNull();
  expect(totalOf([DONE, RUNNING, PENDING], NOW)).toEqual({ milliseconds: 30_000, isOver: false });
  expect(totalOf([DONE, PENDING], NOW)).toEqual({ milliseconds: 30_000, isOver: false });
  const failed: Step = { ...RUNNING, state: "failed", finished_at: at(9) };
  expect(totalOf([DONE, failed], NOW)).toEqual({ milliseconds: 9_000, isOver: true });
});

it("is over once a step failed and none is under way, whatever was to come", () => {
  const failed: Step = { ...RUNNING, state: "failed", finished_at: at(9) };
  expect(totalOf([DONE, failed, PENDING], NOW)).toEqual({ milliseconds: 9_000, isOver: true });
  const again: Step = { ...PENDING, state: "running", started_at: at(20) };
  expect(totalOf([DONE, failed, again], NOW)).toEqual({ milliseconds: 30_000, isOver: false });
});
