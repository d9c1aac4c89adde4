import { words } from "@/lib/format";
import { texts } from "@/texts/activity";

/** The name of a route, which is how the log calls what was only looked at. */
const ROUTE = /^[A-Z]+ \//;

/** What was done, as it goes after "who"; what this version does not know is told in the log's own words. */
export function deedOf(action: string): string {
  if (ROUTE.test(action)) return texts.looked(action.replace(/^[A-Z]+ /, ""));
  return texts.actions[action] ?? words(action.replaceAll(".", " "));
}

/** Who did what, as a sentence for administrators. */
export function sentenceOf({ actor_type, action }: { actor_type: string; action: string }): string {
  return texts.sentence(texts.actors[actor_type] ?? texts.someone, deedOf(action));
}

/** The same for the account itself. */
export function mySentenceOf({ actor, action }: { actor: string; action: string }): string {
  return texts.sentence(texts.mine.actors[actor] ?? texts.someone, deedOf(action));
}
