import { expect, it } from "vitest";

import { actionsOf, isGone, isReachable, isSettling, lookOf } from "./instance-status";

const at = (status: string, desired_state = "running") => ({ status, desired_state });

it.each([
  ["running", "running", ["stop", "restart", "delete"]],
  ["degraded", "running", ["stop", "restart", "delete"]],
  ["stopped", "stopped", ["start", "delete"]],
  ["error", "running", ["start", "stop", "delete"]],
  ["provisioning", "running", ["delete"]],
  ["unknown", "running", ["delete"]],
  ["running", "deleted", []],
  ["deprovisioned", "deleted", []],
])("offers for %s, wished %s: %j", (status, wish, actions) =>
  expect([...actionsOf(at(status, wish))]).toEqual(actions),
);

it("knows when something is under way", () => {
  expect(isSettling(at("provisioning"))).toBe(true);
  expect(isSettling(at("running"))).toBe(false);
  expect(isSettling(at("running", "stopped"))).toBe(true);
  expect(isSettling(at("stopped", "running"))).toBe(true);
  expect(isSettling(at("error"))).toBe(false);
  expect(isSettling(at("error", "deleted"))).toBe(true);
  expect(isSettling(at("deprovisioned", "deleted"))).toBe(false);
  const job = { id: 1, kind: "reconcile-instance", state: "queued" };
  expect(isSettling({ ...at("error"), job })).toBe(true);
  expect(isSettling({ ...at("error"), job: { ...job, state: "dead" } })).toBe(false);
});

it("opens what runs", () => {
  expect(isReachable({ status: "running" })).toBe(true);
  expect(isReachable({ status: "degraded" })).toBe(true);
  expect(isReachable({ status: "stopped" })).toBe(false);
  expect(isGone({ status: "deprovisioned" })).toBe(true);
});

it("shows a status that it does not know as it came", () => {
  expect(lookOf("levitating")).toEqual({ label: "levitating", tone: "neutral" });
});
