import type { Tone } from "@/components/ui/badge";
import { texts } from "@/texts/jobs";

import { words } from "./format";

const TONES: Readonly<Record<string, Tone>> = {
  queued: "brand",
  running: "brand",
  dead: "bad",
  done: "good",
  superseded: "neutral",
  blocked: "warn",
  cancelled: "neutral",
  discarded: "neutral",
};

/** Every state, those of the queue first. */
export const JOB_STATES: readonly string[] = Object.keys(TONES);

/** A state for people; one that this version does not know is shown as it came. */
export function jobLookOf(state: string): { label: string; tone: Tone } {
  return { label: texts.states[state] ?? words(state), tone: TONES[state] ?? "neutral" };
}
