import type { Payment, Subscription } from "@/lib/api";
import { texts as billing } from "@/texts/billing";

const { timeline: texts } = billing;

/** Something that happened to a subscription, or is to come. */
export interface Moment {
  text: string;
  /** RFC 3339; none for what has no day of its own. */
  at: string | null;
  is: "past" | "trouble" | "to come";
}

/** What happened to a paid subscription and what comes next, in order; of a free plan, what is still unpaid. */
export function momentsOf(
  mine: Subscription,
  invoices: readonly Payment[],
  now = Date.now(),
): Moment[] {
  const unpaid = dunningOf(mine, now);
  if (mine.tier === "free") return unpaid.length > 0 ? [past(texts.cancelled), ...unpaid] : [];
  const began = past(texts.began, mine.created_at);
  switch (mine.status) {
    case "trialing":
      return [began, toCome(trialText(mine), mine.trial_ends_at)];
    case "active":
      return [began, ...periodOf(mine)];
    case "past_due":
      return [
        began,
        failure(invoices),
        toCome(texts.failedNext),
        ...(unpaid.length > 0 ? unpaid : [toCome(texts.failedEnd)]),
      ];
    case "unpaid":
    case "paused":
      return [began, failure(invoices), { text: texts.unpaid, at: null, is: "trouble" }, ...unpaid];
    case "cancelled":
      return [began, past(texts.cancelled, mine.cancelled_at), ...unpaid];
    default:
      return [];
  }
}

/** What becomes of the instance that is not paid for, day by day. */
function dunningOf({ dunning }: Subscription, now: number): Moment[] {
  if (!dunning) return [];
  const steps = [
    [texts.paused, dunning.pause_at],
    [texts.stopped, dunning.stop_at],
    [texts.removed, dunning.remove_at],
  ] as const;
  return steps.flatMap(([text, at]) =>
    at ? [{ text, at, is: Date.parse(at) > now ? "to come" : "trouble" } as const] : [],
  );
}

function trialText({ cancel_at_period_end }: Subscription): string {
  return cancel_at_period_end ? texts.trialEndsForGood : texts.trialEnds;
}

function periodOf(mine: Subscription): Moment[] {
  const { current_period_start, current_period_end, created_at, cancel_at_period_end } = mine;
  const moments: Moment[] = [];
  if (current_period_start && current_period_start > created_at) {
    moments.push(past(texts.paid, current_period_start));
  }
  if (current_period_end) {
    moments.push(toCome(cancel_at_period_end ? texts.ends : texts.next, current_period_end));
  }
  return moments;
}

function past(text: string, at: string | null | undefined = null): Moment {
  return { text, at: at ?? null, is: "past" };
}

function toCome(text: string, at: string | null | undefined = null): Moment {
  return { text, at: at ?? null, is: "to come" };
}

/** The day of the oldest invoice that is open: the one that could not be paid. */
function failure(invoices: readonly Payment[]): Moment {
  const open = invoices
    .filter(({ status }) => status === "open")
    .map(({ created_at }) => created_at);
  return { text: texts.failed, at: open.sort()[0] ?? null, is: "trouble" };
}
