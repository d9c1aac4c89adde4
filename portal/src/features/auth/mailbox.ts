import * as z from "zod/mini";

import { safeReturnPath } from "@/lib/return-path";
import { tabMemory } from "@/lib/storage";

const KEY = "mindroom.mailbox";

const mailbox = z.object({ email: z.string(), next: z.string() });

/** Whom a mail was sent to, and the path where its link leads. */
export type Mailbox = z.infer<typeof mailbox>;

/** Keeps whom a mail was sent to, for as long as the tab is open, to send it again. */
export function rememberMailbox(sentTo: Mailbox): void {
  try {
    tabMemory().setItem(KEY, JSON.stringify(sentTo));
  } catch {
    // Full or forbidden storage: the page asks for the address to send it again.
  }
}

/** Whom the last mail from this tab was sent to. */
export function rememberedMailbox(): Mailbox | null {
  try {
    return mailbox.parse(JSON.parse(tabMemory().getItem(KEY) ?? "null"));
  } catch {
    return null;
  }
}

/** The address for the link in a mail; supabase-js takes the session from it. */
export function landing(next: string | undefined): string {
  return window.location.origin + safeReturnPath(next);
}
