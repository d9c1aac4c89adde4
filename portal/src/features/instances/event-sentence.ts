import type { Tone } from "@/components/ui/badge";
import type { InstanceEvent, Step } from "@/lib/api";
import { events as texts, type Reader } from "@/texts/instance";

const STATES = ["started", "done", "failed"];

/** What happened, as a sentence. `steps` are those of the instance: titles for steps unknown to this version. */
export function sentenceOf(
  event: InstanceEvent,
  steps: readonly Step[] = [],
  reader: Reader = "owner",
): string {
  const { kind, name } = event;
  switch (kind) {
    case "wish":
      return texts.payments[name] ?? wishSentence(event, reader);
    case "step":
      return stepSentence(event, steps);
    case "status":
      return texts.statuses[name] ?? texts.otherStatus;
    case "health":
      return texts.health[name] ?? texts.otherStatus;
    default:
      return texts.other;
  }
}

function wishSentence({ name, actor }: InstanceEvent, reader: Reader): string {
  const who = texts.actors[reader][actor] ?? texts.someone;
  return texts.asked(who, texts.wishes[name] ?? texts.otherWish);
}

function stepSentence({ name, state }: InstanceEvent, steps: readonly Step[]): string {
  const at = Math.max(0, STATES.indexOf(state ?? ""));
  const known = texts.steps[name]?.[at];
  if (known) return known;
  const title = steps.find((step) => step.name === name)?.title;
  const general = texts.otherStep[at] ?? texts.other;
  return title ? `${title}: ${general.charAt(0).toLowerCase()}${general.slice(1)}` : general;
}

/** How it is to be taken. */
export function toneOf({ kind, name, state }: InstanceEvent): Tone {
  if (state === "failed" || ["error", "unhealthy", "attention"].includes(name)) return "bad";
  if (["degraded", "unknown", "repair"].includes(name)) return "warn";
  if (state === "done" || name === "running" || name === "healthy") return "good";
  return kind === "wish" ? "brand" : "neutral";
}

/** Events without the beginnings of steps whose end is told, too; the newest first. */
export function toldOnce(events: readonly InstanceEvent[]): InstanceEvent[] {
  const ended = new Set<string>();
  return events.toReversed().filter(({ kind, name, state }) => {
    if (kind !== "step") return true;
    if (state !== "started") {
      ended.add(name);
      return true;
    }
    // The next beginning, further back in time, has an end of its own.
    return !ended.delete(name);
  });
}
