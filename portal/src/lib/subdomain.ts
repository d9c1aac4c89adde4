import { texts } from "@/texts/instance";

const { address } = texts;

/** Names that the platform uses itself or that would mislead. */
export const RESERVED: ReadonlySet<string> = new Set([
  "admin",
  "api",
  "app",
  "auth",
  "billing",
  "blog",
  "cdn",
  "dashboard",
  "docs",
  "help",
  "mail",
  "matrix",
  "mindroom",
  "ns1",
  "ns2",
  "portal",
  "smtp",
  "staging",
  "static",
  "status",
  "stripe",
  "support",
  "webhooks",
  "www",
]);

/**
 * The rule for an instance's name as far as a browser can know it; the API decides, and what it refuses is
 * shown beside the field. `crates/domain` holds the rule, and a test compares the reserved names.
 */
export function subdomainProblem(name: string): string | null {
  if (!/^[a-z0-9-]*$/.test(name)) return address.letters;
  if (name.length < 3 || name.length > 40) return address.length;
  if (name.startsWith("-") || name.endsWith("-")) return address.hyphen;
  if (name.startsWith("xn--") || RESERVED.has(name)) return address.reserved;
  return null;
}

/** What a person typed, with what is plainly meant: no blanks around it, no capitals. */
export function tidySubdomain(typed: string): string {
  return typed.trim().toLowerCase();
}
