import type { Tone } from "@/components/ui/badge";
import { texts } from "@/texts/admin";

import { words } from "./format";

const TONES: Readonly<Record<string, Tone>> = {
  pending_verification: "warn",
  active: "good",
  suspended: "bad",
  deleted: "neutral",
};

export const ACCOUNT_STATUSES: readonly string[] = Object.keys(TONES);

/** An account's status for people; one that this version does not know is shown as it came. */
export function accountLookOf(status: string): { label: string; tone: Tone } {
  return {
    label: texts.accountStatuses[status] ?? words(status),
    tone: TONES[status] ?? "neutral",
  };
}
