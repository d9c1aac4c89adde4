import * as z from "zod/mini";

import { zChangeAccountStatus } from "@/lib/schemas/zod.gen";
import { texts } from "@/texts/command";
import { texts as problems } from "@/texts/problems";

/** What is asked before a command is sent. */
export interface Command {
  title: string;
  /** What will happen. */
  text: string;
  /** The button that sends it. */
  action: string;
  /** It takes something away. */
  danger?: boolean;
  /** Whether it wants a reason, which the audit log keeps. */
  reason?: boolean;
  /** What has to be typed, so that nothing goes by a slip of the hand. */
  confirm?: string;
  /** Sends it. */
  run: (given: Given) => Promise<unknown>;
  /** What is said once it was taken. */
  done: string;
}

/** What the person gave for it; empty where the command asks for nothing. */
export interface Given {
  reason: string;
  confirm: string;
}

/** Every reason has the bounds of this one. */
const { reason: asTheApiTakesIt } = zChangeAccountStatus.shape;

/** Checks what a command asks for: a reason in words, the confirmation letter by letter, blanks around both aside. */
export function givenFor({
  reason,
  confirm,
}: {
  reason?: boolean | undefined;
  confirm?: string | undefined;
}) {
  const why = z.string().check(z.trim());
  return z.object({
    reason: reason
      ? why.check(
          z.minLength(SHORTEST, texts.reasonMissing),
          z.refine((typed) => asTheApiTakesIt.safeParse(typed).success, problems.tooLong),
        )
      : why,
    confirm: z.string().check(
      z.trim(),
      z.refine((typed) => confirm === undefined || typed === confirm),
    ),
  });
}

/** Shortest reason that says anything, in characters. */
const SHORTEST = 3;
