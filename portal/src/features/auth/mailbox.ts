import { tabMemory } from "@/lib/storage";

const KEY = "mindroom.mailbox";

/** Keeps the address that a mail was sent to, for as long as the tab is open, to send it again. */
export function rememberMailbox(email: string): void {
  try {
    tabMemory().setItem(KEY, email);
  } catch {
    // Full or forbidden storage: the page does not offer to send it again.
  }
}

/** The address that the last mail was sent to from this tab. */
export function rememberedMailbox(): string | null {
  return tabMemory().getItem(KEY);
}
