// `npm run dev` in `portal/`: the pages against a running platform, and what a developer changes in them at once. The
// portal here is a copy, so that nobody's files are changed.

import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
// not the project's own: the development server is held to less than the portal
import { expect, test } from "@playwright/test";

import { arrives, button, fillCredentials } from "../support/pages";
import { ask, runningPlatform } from "../support/platform";
import { freePort } from "../support/ports";

const WORKSPACE = resolve(import.meta.dirname, "../../..");
const COPY = join(WORKSPACE, "target/portal-in-development");
const BUILT = ["node_modules", ".next", "out", "tsconfig.tsbuildinfo"];

test("a developer sees a change at once, on the running platform", async ({ page }) => {
  test.setTimeout(240_000);
  const platform = runningPlatform();
  copyPortal();
  const port = await freePort();
  const server = startServer(port);
  try {
    const origin = `http://localhost:${port}`;
    await expect(async () => {
      expect((await ask(`${origin}/auth/sign-in`)).status).toBe(200);
    }).toPass({ timeout: 120_000 });
    await page.goto(`${origin}/auth/sign-in`);
    const heading = page.getByRole("heading", { level: 1 });
    await expect(heading).toHaveText("Sign in", { timeout: 60_000 });
    await page.getByLabel("E-mail address").fill("typed before the change");

    const texts = join(COPY, "src/texts/auth.ts");
    const before = readFileSync(texts, "utf8");
    writeFileSync(texts, before.replace('title: "Sign in"', 'title: "Changed while it runs"'));
    await expect(heading).toHaveText("Changed while it runs", { timeout: 60_000 });
    await expect(page.getByLabel("E-mail address")).toHaveValue("typed before the change");

    await fillCredentials(page, platform.admin);
    await button(page, "Sign in").click();
    await arrives(page, "/dashboard");
    await expect(page.getByRole("link", { name: "Admin" }).first()).toBeVisible({
      timeout: 60_000,
    });
  } finally {
    await end(server);
    rmSync(COPY, { recursive: true, force: true });
  }
});

/** Its packages are the same files by other names, where the folders are on one disk. */
function copyPortal(): void {
  rmSync(COPY, { recursive: true, force: true });
  mkdirSync(COPY, { recursive: true });
  const portal = join(WORKSPACE, "portal");
  const without = BUILT.map((name) => `--exclude=./${name}`);
  const archive = execFileSync("tar", ["-C", portal, ...without, "-cf", "-", "."], {
    maxBuffer: 256 * 1024 * 1024,
  });
  execFileSync("tar", ["-C", COPY, "-xf", "-"], { input: archive });
  const packages = join(portal, "node_modules");
  try {
    execFileSync("cp", ["-al", packages, COPY], { stdio: "pipe" });
  } catch {
    execFileSync("cp", ["-a", packages, COPY]);
  }
}

function startServer(port: number): ChildProcess {
  const addresses = process.env["MINDROOM_ADDRESSES"] as string;
  return spawn("npm", ["run", "dev"], {
    cwd: COPY,
    detached: true,
    stdio: "inherit",
    env: {
      ...process.env,
      MINDROOM_STATE_DIR: dirname(addresses),
      NEXT_TELEMETRY_DISABLED: "1",
      PORT: String(port),
    },
  });
}

/** With all that it started, which may write for a moment longer than it. */
async function end({ pid }: ChildProcess): Promise<void> {
  if (pid === undefined) return;
  const tell = (signal: NodeJS.Signals | 0) => {
    try {
      return process.kill(-pid, signal);
    } catch {
      return false;
    }
  };
  tell("SIGTERM");
  await expect.poll(() => tell(0)).toBe(false);
}
