import { expect, it } from "vitest";

import type { TabMemory } from "./storage";
import { forgetWish, rememberedWish, rememberWish } from "./wished-address";

function memory(): TabMemory {
  const kept = new Map<string, string>();
  return {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
    removeItem: (key) => void kept.delete(key),
  };
}

it("remembers until it is told to forget", () => {
  const tab = memory();
  expect(rememberedWish(tab)).toBeNull();
  rememberWish("acme", tab);
  expect(rememberedWish(tab)).toBe("acme");
  forgetWish(tab);
  expect(rememberedWish(tab)).toBeNull();
});

it("takes an empty wish for none", () => {
  const tab = memory();
  rememberWish("acme", tab);
  rememberWish("", tab);
  expect(rememberedWish(tab)).toBeNull();
});

it("does not hand on what is no address", () => {
  const tab = memory();
  rememberWish("Not an address", tab);
  expect(rememberedWish(tab)).toBeNull();
});

it("lives without storage", () => {
  const full: TabMemory = {
    ...memory(),
    setItem: () => {
      throw new DOMException("full", "QuotaExceededError");
    },
  };
  expect(() => rememberWish("acme", full)).not.toThrow();
});
