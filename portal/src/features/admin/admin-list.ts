import type { FilterLook } from "@/components/list/filters";

/** A filter by one of some words, each with its text for people. */
export function oneOf<Name extends string>(
  name: Name,
  label: string,
  words: readonly string[],
  textOf: (word: string) => string,
): FilterLook<Name> {
  return { name, label, options: words.map((value) => ({ value, label: textOf(value) })) };
}

/** What is sold, as the API's lists filter by it. */
export const PLANS: readonly string[] = ["free", "byok", "hobby", "pro", "enterprise"];
