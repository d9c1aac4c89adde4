import { readFileSync } from "node:fs";

import { expect, it } from "vitest";

import type { InstanceEvent } from "@/lib/api";
import { events as texts } from "@/texts/instance";

import { sentenceOf, toldOnce, toneOf } from "./event-sentence";

let last = 0;
function event(kind: string, name: string, state: string | null = null): InstanceEvent {
  last += 1;
  return { id: last, kind, name, state, actor: "account", created_at: "2026-11-24T12:00:00Z" };
}

it.each([
  ["account", "owner", "You asked to stop it."],
  ["account", "admin", "The customer asked to stop it."],
  ["support", "owner", "Our support asked to stop it."],
  ["system", "owner", "The platform asked to stop it."],
  ["martian", "owner", "Somebody asked to stop it."],
] as const)("says who wished: %s, to the %s", (actor, reader, sentence) =>
  expect(sentenceOf({ ...event("wish", "stop"), actor }, [], reader)).toBe(sentence),
);

it("says what became of the payment, whoever noticed", () =>
  expect(sentenceOf(event("wish", "unpaid_stop"))).toBe(texts.payments["unpaid_stop"]));

it.each([
  ["wish", "provision", null, "You asked for this instance."],
  ["step", "database", "started", "Preparing the database."],
  ["step", "data", "done", "The database is removed."],
  ["step", "mindroom", "failed", "MindRoom did not start."],
  ["status", "running", null, "The instance is running."],
  ["health", "unhealthy", null, "The instance did not answer several times in a row."],
  ["health", "repair", null, "A part that did not answer was started again."],
])("says %s %s %s", (kind, name, state, sentence) =>
  expect(sentenceOf(event(kind, name, state))).toBe(sentence),
);

it("never shows internal words", () => {
  const strange = [
    event("wish", "levitate"),
    event("step", "step_x", "done"),
    event("step", "step_x"),
    event("status", "levitating"),
    event("health", "fine"),
    event("new_kind", "new_name"),
  ];
  for (const one of strange) {
    expect(sentenceOf(one)).toMatch(/^[A-Z].*\.$/);
    expect(sentenceOf(one)).not.toMatch(/_|levitat|fine/);
  }
});

it("uses a step's title where it knows no sentence", () => {
  const steps = [{ name: "x", title: "Create the namespace", state: "done" as const }];
  expect(sentenceOf(event("step", "x", "done"), steps)).toBe(
    "Create the namespace: a step is done.",
  );
});

it.each(["local", "kubernetes"])("has a sentence for each step of the driver %s", (driver) => {
  const path = `../../../../provisioner-daemon/src/drivers/${driver}/mod.rs`;
  const source = readFileSync(new URL(path, import.meta.url), "utf8");
  const names = [...source.matchAll(/^const [A-Z]+: &str = "([a-z]+)";$/gm)].map(
    (match) => match[1],
  );
  expect(names.length).toBeGreaterThan(4);
  for (const name of names) expect(Object.keys(texts.steps)).toContain(name);
});

it("tells a step's beginning only until its end is told", () => {
  const all = [
    event("step", "check", "started"),
    event("step", "check", "failed"),
    event("step", "check", "started"),
    event("step", "check", "done"),
    event("status", "running"),
    event("step", "stop", "started"),
  ];
  expect(toldOnce(all).map(({ name, state }) => [name, state])).toEqual([
    ["stop", "started"],
    ["running", null],
    ["check", "done"],
    ["check", "failed"],
  ]);
});

it("marks what is bad and what is good", () => {
  expect(toneOf(event("step", "check", "failed"))).toBe("bad");
  expect(toneOf(event("health", "unhealthy"))).toBe("bad");
  expect(toneOf(event("status", "degraded"))).toBe("warn");
  expect(toneOf(event("status", "running"))).toBe("good");
  expect(toneOf(event("wish", "stop"))).toBe("brand");
});
