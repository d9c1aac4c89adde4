// The running platform: its addresses, and requests to it from outside the browser.

import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { request as httpRequest } from "node:http";

/** The addresses that `cargo xtask up` wrote; without them there is nothing to test, which is a failure. */
export function addresses() {
  const file = process.env.MINDROOM_ADDRESSES;
  if (!file) {
    throw new Error(
      "MINDROOM_ADDRESSES must name the addresses.json of a running platform: start one with " +
        "`cargo xtask up`, or run `cargo xtask test browser`",
    );
  }
  return JSON.parse(readFileSync(file, "utf8"));
}

/** Longest wait for an answer (milliseconds). */
const PATIENCE = 30_000;

/**
 * Asks a `*.localhost` address, which the resolver of this machine may not know: the connection goes to the
 * loopback address, the name into the Host header (`fetch` cannot set it).
 */
export function ask(url, { method = "GET", json } = {}) {
  const { host, port, pathname, search } = new URL(url);
  const body = json === undefined ? undefined : JSON.stringify(json);
  const headers = { host, ...(body && { "content-type": "application/json" }) };
  const target = { host: "127.0.0.1", port, path: pathname + search, method, headers };
  return new Promise((resolve, reject) => {
    const request = httpRequest({ ...target, signal: AbortSignal.timeout(PATIENCE) }, (answer) => {
      const parts = [];
      answer.on("data", (part) => parts.push(part));
      answer.on("error", reject);
      answer.on("end", () =>
        resolve({ status: answer.statusCode, text: Buffer.concat(parts).toString("utf8") }),
      );
    });
    request.on("error", reject);
    request.end(body);
  });
}

/** Someone who was never here before. */
export function newPerson() {
  const word = randomBytes(6).toString("hex");
  return {
    email: `browser-${word}@example.com`,
    password: randomBytes(12).toString("base64url"),
    subdomain: `br-${word}`,
  };
}
