// The pictures of the start page, taken from a real instance: `npm run pictures`, against a fresh platform. The
// conversation is drawn by Hydrogen, a Matrix client (see README.md beside this file).

import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Page } from "@playwright/test";

import { buys } from "../flows/buying";
import { handle, instanceIs, sees } from "../support/pages";
import { test } from "../support/test";
import { talk, type Login } from "./talk";

const IMAGES = resolve(import.meta.dirname, "../../../portal/public/images");
/** Width of the pictures for small windows (pixels), as `portal/src/components/picture.tsx` asks for them. */
const SMALL = 800;
const THEMES = ["light", "dark"] as const;
type Theme = (typeof THEMES)[number];

/** Where `npm start` in `client/` serves the client. */
const CLIENT = "http://client.mindroom.localhost:4173";

const ADA = {
  email: "ada@example.com",
  password: "a-long-password-for-pictures",
  subdomain: process.env["PICTURES_SUBDOMAIN"] || "acme",
};

test("pictures for the start page", async ({ page, platform, watch }) => {
  test.setTimeout(600_000);
  mkdirSync(IMAGES, { recursive: true });
  // The pictures that are about to be made.
  watch.expect(404, `${platform.app}/images/`);
  const person = { ...ADA, email: `ada@${ADA.subdomain}.example.com` };
  await buys(page, platform, person);
  await instanceIs(page, "running");
  await handle(page, "owner-password").waitFor();
  for (const theme of THEMES) {
    await page.evaluate((chosen) => localStorage.setItem("mindroom.theme", chosen), theme);
    await page.reload();
    await handle(page, "owner-password").waitFor();
    await sees(page, "You asked for this instance.").catch(() => undefined);
    await take(page, "instance", theme);
  }
  const frontend = await handle(page, "frontend-url").innerText();
  const login: Login = {
    homeserver: await handle(page, "matrix-url").innerText(),
    user: await handle(page, "owner-matrix-id").innerText(),
    password: await passwordOn(page),
  };
  const room = await talk(login);
  // MindRoom asks for the pictures of agents and rooms that have none.
  watch.expect(404, `${frontend}/api/matrix/`);
  await dashboard(page, frontend);
  for (const theme of THEMES) await conversation(page, login, room, theme);
});

async function passwordOn(page: Page): Promise<string> {
  await page.getByRole("button", { name: "Show the password" }).click();
  return handle(page, "owner-password").innerText();
}

async function dashboard(page: Page, address: string): Promise<void> {
  const tab = await page.context().newPage();
  for (const theme of THEMES) {
    await tab.emulateMedia({ colorScheme: theme });
    await tab.goto(address);
    await tab.evaluate((chosen) => localStorage.setItem("theme", chosen), theme);
    await tab.reload();
    await sees(tab, "Assistant");
    await sees(tab, "Lobby");
    await tab.getByText("Preparing usage report").waitFor({ state: "hidden" });
    await tab.waitForLoadState("networkidle");
    await take(tab, "dashboard", theme);
  }
  await tab.close();
}

async function conversation(page: Page, login: Login, room: string, theme: Theme): Promise<void> {
  const tab = await page.context().newPage();
  await tab.setViewportSize({ width: 1024, height: 720 });
  const { homeserver: hs, user, password } = login;
  const query = new URLSearchParams({ hs, user, password, room, theme });
  await tab.goto(`${CLIENT}/?${query}`);
  await tab.waitForFunction(() => document.title === "ready", undefined, { timeout: 60_000 });
  await sees(tab, "rain plan");
  await tab.waitForLoadState("networkidle");
  await take(tab, "conversation", theme);
  await tab.close();
}

/** Keeps what the window shows as WebP, as it is and for small windows; Chromium itself makes them. */
async function take(page: Page, name: string, theme: Theme): Promise<void> {
  const png = (await page.screenshot({ animations: "disabled" })).toString("base64");
  const helper = await page.context().browser()!.newPage();
  const files = [`${name}-${theme}.webp`, `${name}-${theme}-${SMALL}.webp`];
  for (const [index, width] of [null, SMALL].entries()) {
    const webp = await helper.evaluate(drawn, { data: png, width });
    writeFileSync(join(IMAGES, files[index] ?? ""), Buffer.from(webp, "base64"));
  }
  await helper.close();
}

/** In the browser: a PNG as WebP, that wide. */
async function drawn({ data, width }: { data: string; width: number | null }): Promise<string> {
  const image = new Image();
  image.src = `data:image/png;base64,${data}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = width ?? image.width;
  canvas.height = Math.round((image.height * canvas.width) / image.width);
  const context = canvas.getContext("2d");
  if (context) context.imageSmoothingQuality = "high";
  context?.drawImage(image, 0, 0, canvas.width, canvas.height);
  return canvas.toDataURL("image/webp", 0.85).split(",")[1] ?? "";
}
