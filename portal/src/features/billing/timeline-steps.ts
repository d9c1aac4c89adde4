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

/** What happened to a paid subscription and what comes next, in order; nothing for a free plan. */
export function momentsOf(mine: Subscription, invoices: readonly Payment[]): Moment[] {
  if (mine.tier === "free") return [];
  const began: Moment = { text: texts.began, at: mine.created_at, is: "past" };
  switch (mine.status) {
    case "trialing":
      return [began, toCome(trialText(mine), mine.trial_ends_at)];
    case "active":
      return [began, ...periodOf(mine)];
    case "past_due":
      return [began, failure(invoices), toCome(texts.failedNext), toCome(texts.stopped)];
    case "unpaid":
    case "paused":
      return [began, failure(invoices), { text: texts.unpaid, at: null, is: "trouble" }];
    case "cancelled":
      return [began, { text: texts.cancelled, at: mine.cancelled_at ?? null, is: "past" }];
    default:
      return [];
  }
}

function trialText({ cancel_at_period_end }: Subscription): string {
  return cancel_at_period_end ? texts.trialEndsForGood : texts.trialEnds;
}

function periodOf(mine: Subscription): Moment[] {
  const { current_period_start, current_period_end, created_at, cancel_at_period_end } = mine;
  const moments: Moment[] = [];
  if (current_period_start && current_period_start > created_at) {
    moments.push({ text: texts.paid, at: current_period_start, is: "past" });
  }
  if (current_period_end) {
    moments.push(toCome(cancel_at_period_end ? texts.ends : texts.next, current_period_end));
  }
  return moments;
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
