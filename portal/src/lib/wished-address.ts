import { subdomainProblem } from "./subdomain";
import { tabMemory, type TabMemory } from "./storage";

const KEY = "mindroom.wished-address";

/** Keeps the address that was wished before the way led to the payment page; an empty one means automatic. */
export function rememberWish(subdomain: string, memory: TabMemory = tabMemory()): void {
  try {
    if (subdomain === "") memory.removeItem(KEY);
    else memory.setItem(KEY, subdomain);
  } catch {
    // Full or forbidden storage: the address will be an automatic one.
  }
}

/** The address wished in this tab; none when there is no valid one. */
export function rememberedWish(memory: TabMemory = tabMemory()): string | null {
  const kept = memory.getItem(KEY);
  return kept !== null && subdomainProblem(kept) === null ? kept : null;
}

/** Forgets it, once it was granted. */
export function forgetWish(memory: TabMemory = tabMemory()): void {
  memory.removeItem(KEY);
}
