import * as z from "zod/mini";

import { texts } from "@/texts/auth";

/** Characters of a new password; the auth service has the same rule. */
export const SHORTEST = 8;

const { missing } = texts;

const email = z
  .string()
  .check(z.trim(), z.minLength(1, missing.email), z.email(missing.emailWrong));

/** To come in: any password that is there. */
export const present = z.object({
  email,
  password: z.string().check(z.minLength(1, missing.password)),
});

/** To begin: a password that is long enough. */
export const fresh = z.object({
  email,
  password: z.string().check(z.minLength(SHORTEST, missing.passwordShort(SHORTEST))),
});

/** To be sent a mail. */
export const addressOnly = z.pick(present, { email: true });

/** To choose a new password. */
export const passwordOnly = z.pick(fresh, { password: true });

export type Credentials = z.infer<typeof present>;
