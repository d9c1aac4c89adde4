import type { Tone } from "@/components/ui/badge";
import { texts } from "@/texts/account";

import { words } from "./format";

const TONES: Readonly<Record<string, Tone>> = {
  trialing: "brand",
  active: "good",
  past_due: "warn",
  unpaid: "bad",
  paused: "warn",
  incomplete: "warn",
  incomplete_expired: "neutral",
  cancelled: "neutral",
};

export const SUBSCRIPTION_STATUSES: readonly string[] = Object.keys(TONES);

/** A subscription's status for people; one that this version does not know is shown as it came. */
export function subscriptionLookOf(status: string): { label: string; tone: Tone } {
  return { label: texts.statuses[status] ?? words(status), tone: TONES[status] ?? "neutral" };
}
