import * as z from "zod/mini";

import { texts } from "@/texts/problems";

/** A line that may stay empty, and otherwise is what the API's `schema` takes, blanks around it aside. */
export function optionalLine(schema: z.ZodMiniType) {
  return z.string().check(
    z.trim(),
    z.refine((typed) => typed === "" || schema.safeParse(typed).success, texts.tooLong),
  );
}
