// The running platform: its addresses, and requests to it from outside the browser.

import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { request as httpRequest } from "node:http";

/** What `cargo xtask up` writes, as far as these tests use it. */
export interface Platform {
  app: string;
  api: string;
  auth: string;
  stripe: string;
  publishable_key: string;
  admin: Credentials;
  stand_ins: { auth_secret_key: string };
}

export interface Credentials {
  email: string;
  password: string;
}

export interface Person extends Credentials {
  subdomain: string;
}

/** The addresses that `cargo xtask up` wrote; without them there is nothing to test, which is a failure. */
export function runningPlatform(): Platform {
  const file = process.env["MINDROOM_ADDRESSES"];
  if (!file) {
    throw new Error(
      "MINDROOM_ADDRESSES must name the addresses.json of a running platform: start one with " +
        "`cargo xtask up`, or run `cargo xtask test browser`",
    );
  }
  return JSON.parse(readFileSync(file, "utf8")) as Platform;
}

/** Longest wait for an answer (milliseconds). */
const PATIENCE = 30_000;

interface Request {
  method?: string;
  json?: unknown;
  headers?: Record<string, string>;
}

/**
 * Asks a `*.localhost` address, which the resolver of this machine may not know: the connection goes to the
 * loopback address, the name into the Host header (`fetch` cannot set it).
 */
export function ask(
  url: string,
  { method = "GET", json, headers = {} }: Request = {},
): Promise<{ status: number; text: string }> {
  const { host, port, pathname, search } = new URL(url);
  const body = json === undefined ? undefined : JSON.stringify(json);
  const all = { ...headers, host, ...(body && { "content-type": "application/json" }) };
  const target = { host: "127.0.0.1", port, path: pathname + search, method, headers: all };
  return new Promise((resolve, reject) => {
    const request = httpRequest({ ...target, signal: AbortSignal.timeout(PATIENCE) }, (answer) => {
      const parts: Buffer[] = [];
      answer.on("data", (part: Buffer) => parts.push(part));
      answer.on("error", reject);
      answer.on("end", () =>
        resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(parts).toString("utf8") }),
      );
    });
    request.on("error", reject);
    request.end(body);
  });
}

/** Someone who was never here before. */
export function newPerson(): Person {
  const word = randomBytes(6).toString("hex");
  return {
    email: `browser-${word}@example.com`,
    password: randomBytes(12).toString("base64url"),
    subdomain: `br-${word}`,
  };
}
