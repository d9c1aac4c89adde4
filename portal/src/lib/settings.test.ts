import { expect, it } from "vitest";

import { isHttpUrl, parseSettings } from "./settings";

const GOOD = {
  api_url: "http://api.mindroom.localhost:8080/",
  auth_url: "http://auth.mindroom.localhost:8080",
  publishable_key: "sb_publishable_x",
  instance_domain: "mindroom.localhost",
  environment: "local",
};

it("reads what the function serves", () => {
  expect(parseSettings(GOOD)).toEqual({
    apiUrl: "http://api.mindroom.localhost:8080",
    authUrl: "http://auth.mindroom.localhost:8080",
    publishableKey: "sb_publishable_x",
    instanceDomain: "mindroom.localhost",
    environment: "local",
    supportEmail: null,
  });
});

it("knows where to write to, where somebody reads it", () => {
  const settings = parseSettings({ ...GOOD, support_email: "help@mindroom.localhost" });
  expect(settings.supportEmail).toBe("help@mindroom.localhost");
  expect(parseSettings({ ...GOOD, support_email: "" }).supportEmail).toBeNull();
});

it.each(Object.keys(GOOD))("names %s when it is missing", (name) => {
  expect(() => parseSettings({ ...GOOD, [name]: "" })).toThrow(name);
});

it("refuses what is no settings", () => {
  expect(() => parseSettings(null)).toThrow();
  expect(() => parseSettings("x")).toThrow();
  expect(() => parseSettings({ ...GOOD, api_url: "javascript:alert(1)" })).toThrow("api_url");
});

it("knows web addresses", () => {
  expect(isHttpUrl("https://checkout.example/x")).toBe(true);
  expect(isHttpUrl("javascript:alert(1)")).toBe(false);
  expect(isHttpUrl("/x")).toBe(false);
});
