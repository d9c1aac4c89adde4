// Every page as a person can meet it: what the tests of looks and of accessibility go through.

import type { Page } from "@playwright/test";

import {
  ACCOUNTS,
  BROKEN,
  FREE,
  INSTANCES,
  RUNNING,
  SETTING_UP,
  STOPPED,
  WITH_PASSWORD,
} from "./answers";
import { button, handle, sees } from "./pages";
import type { Platform } from "./platform";
import { setStage } from "./stage";

export interface Scene {
  name: string;
  /** Leads to it and waits until all of it is there. */
  show: (page: Page, platform: Platform) => Promise<void>;
}

/** A page for everybody, which is there once it says `heading`. */
function open(name: string, path: string, heading: string): Scene {
  return {
    name,
    show: async (page, { app }) => {
      await page.goto(app + path);
      await page.getByRole("heading", { level: 1, name: heading }).waitFor();
    },
  };
}

type Setting = NonNullable<Parameters<typeof setStage>[2]>;

/** A page of Ada's, with what the API answers for it, which is there once it shows `sign`. */
function own(name: string, path: string, sign: string, setting: Setting): Scene {
  return {
    name,
    show: async (page, platform) => {
      await setStage(page, platform, setting);
      await page.goto(platform.app + path);
      await handle(page, sign).first().waitFor();
    },
  };
}

const FREE_OF_ALL: Setting = { subscription: FREE };

export const SCENES: readonly Scene[] = [
  {
    name: "start",
    show: async (page, { app }) => {
      await page.goto(app);
      await handle(page, "plans").waitFor();
      await allPictures(page);
    },
  },
  open("privacy", "/privacy", "Privacy"),
  open("terms", "/terms", "Terms"),
  open("not-found", "/no-such-page", "This page does not exist"),
  {
    name: "sign-in",
    show: async (page, { app }) => {
      await page.goto(`${app}/auth/sign-in`);
      await button(page, "Sign in").waitFor();
    },
  },
  {
    name: "sign-up-with-problems",
    show: async (page, { app }) => {
      await page.goto(`${app}/auth/sign-up`);
      await page.getByLabel("E-mail address").fill("ada");
      await page.getByLabel("Password", { exact: true }).fill("short");
      await button(page, "Create account").click();
      await sees(page, "Use at least 8 characters.");
    },
  },
  open("confirm", "/auth/confirm", "Look into your mailbox"),
  {
    name: "recover",
    show: async (page, { app }) => {
      await page.goto(`${app}/auth/recover`);
      await button(page, "Send the link").waitFor();
    },
  },
  {
    name: "new-password-without-link",
    show: async (page, { app }) => {
      await page.goto(`${app}/auth/new-password`);
      await handle(page, "no-link").waitFor();
    },
  },
  own("checkout", "/checkout?plan=hobby&cycle=yearly", "order", FREE_OF_ALL),
  own("dashboard-empty", "/dashboard", "empty", FREE_OF_ALL),
  own("dashboard", "/dashboard", "instances", {
    instances: [RUNNING, { ...SETTING_UP, name: "lab" }],
  }),
  own("dashboard-create", "/dashboard", "create-instance", {}),
  own("checkout-cancelled", "/dashboard?checkout=cancelled", "checkout-cancelled", FREE_OF_ALL),
  own("checkout-action", "/dashboard?checkout=success", "checkout-action", {
    subscription: { ...FREE, tier: "hobby", status: "incomplete", stripe_customer_id: "cus_test" },
  }),
  own("checkout-waiting", "/dashboard?checkout=success", "checkout-waiting", FREE_OF_ALL),
  own("billing", "/billing", "subscription", {}),
  own("instance-setting-up", "/instance?id=7", "events", { instances: [SETTING_UP] }),
  own("instance", "/instance?id=7", "owner-password", { instances: [WITH_PASSWORD] }),
  own("instance-error", "/instance?id=7", "events", { instances: [BROKEN] }),
  own("instance-stopped", "/instance?id=7", "events", { instances: [STOPPED] }),
  {
    name: "instance-delete",
    show: async (page, platform) => {
      await setStage(page, platform, { instances: [RUNNING] });
      await page.goto(`${platform.app}/instance?id=7`);
      await handle(page, "events").waitFor();
      await button(page, "Delete").click();
      await page.getByLabel("Type acme to confirm").fill("acm");
    },
  },
  own("admin-accounts", "/admin/accounts", "rows", {
    admin: true,
    answers: { "GET /admin/accounts": ACCOUNTS },
  }),
  own("admin-instances", "/admin/instances", "rows", {
    admin: true,
    answers: { "GET /admin/instances": INSTANCES },
  }),
  own("forbidden", "/admin/accounts", "forbidden", {}),
];

/** Loads the pictures that would come with scrolling only; those of the other theme are not shown and stay away. */
async function allPictures(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const shown = [...document.images].filter((image) => image.checkVisibility());
    for (const image of shown) image.loading = "eager";
    await Promise.all(shown.map((image) => image.decode()));
  });
}

/** Chooses light or dark before anything is shown. */
export async function wear(page: Page, theme: "light" | "dark"): Promise<void> {
  await page.addInitScript((chosen) => localStorage.setItem("mindroom.theme", chosen), theme);
}
