import { describe, expect, it } from "vitest";

import { HOME, safeReturnPath, signInPath } from "./return-path";

describe("safeReturnPath", () => {
  it.each(["/dashboard", "/instance?id=3", "/checkout?plan=hobby&cycle=yearly", "/a#b"])(
    "keeps %s",
    (path) => expect(safeReturnPath(path)).toBe(path),
  );

  it.each([
    null,
    undefined,
    "",
    "dashboard",
    "https://evil.example/",
    "//evil.example",
    "/\\evil.example",
    "/\t/evil.example",
    "/.//evil.example",
    "/x/..//evil.example",
    "\\\\evil.example",
    "javascript:alert(1)",
    "/auth/sign-in?next=/auth/sign-in",
    "/a".repeat(2000),
  ])("turns %j into the dashboard", (path) => expect(safeReturnPath(path)).toBe(HOME));
});

describe("signInPath", () => {
  it("carries the page to return to", () => {
    expect(signInPath("/instance?id=3")).toBe("/auth/sign-in?next=%2Finstance%3Fid%3D3");
    expect(signInPath("/dashboard", { page: "/auth/sign-up" })).toBe("/auth/sign-up");
    expect(signInPath("/billing", { ended: true })).toBe("/auth/sign-in?next=%2Fbilling&ended=1");
    expect(signInPath("//evil.example")).toBe("/auth/sign-in");
  });
});
