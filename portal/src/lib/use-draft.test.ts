import { expect, it } from "vitest";

import type { TabMemory } from "./storage";
import { forgetDraft, readDraft, writeDraft } from "./use-draft";

function memory(): TabMemory & { kept: Map<string, string> } {
  const kept = new Map<string, string>();
  return {
    kept,
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
    removeItem: (key) => void kept.delete(key),
  };
}

it("keeps what was typed until it was saved", () => {
  const tab = memory();
  writeDraft("a", { name: "Ada" }, tab);
  expect(readDraft("a", tab)).toEqual({ name: "Ada" });
  expect(readDraft("b", tab)).toEqual({});
  forgetDraft("a", tab);
  expect(readDraft("a", tab)).toEqual({});
});

it("keeps nothing where nothing is typed", () => {
  const tab = memory();
  writeDraft("a", { name: "Ada" }, tab);
  writeDraft("a", {}, tab);
  expect(tab.kept.size).toBe(0);
});

it.each(["null", "[1]", "no json", '{"name":1}'])("takes %s for no draft", (text) => {
  const tab = memory();
  tab.kept.set("mindroom.draft.a", text);
  expect(readDraft("a", tab)).toEqual({});
});

it("bears a memory that is full", () => {
  const full = {
    ...memory(),
    setItem: () => {
      throw new Error("full");
    },
  };
  expect(() => writeDraft("a", { name: "Ada" }, full)).not.toThrow();
});
