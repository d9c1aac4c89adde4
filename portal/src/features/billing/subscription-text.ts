import type { Subscription } from "@/lib/api";
import { day } from "@/lib/format";
import { texts } from "@/texts/account";

const { subscription: words } = texts;

/** One sentence on where a subscription stands and what comes next. */
export function subscriptionText(subscription: Subscription | null): string {
  if (subscription === null || subscription.tier === "free") return words.free;
  const { status, cancel_at_period_end, trial_ends_at, current_period_end } = subscription;
  switch (status) {
    case "trialing":
      return cancel_at_period_end
        ? words.trialEndsForGood(day(trial_ends_at))
        : words.trialEnds(day(trial_ends_at));
    case "active":
      if (current_period_end == null) return words.paid;
      return cancel_at_period_end
        ? words.ends(day(current_period_end))
        : words.nextPayment(day(current_period_end));
    case "past_due":
      return words.past_due;
    case "unpaid":
    case "paused":
      return words.stopped;
    case "incomplete":
      return words.incomplete;
    case "incomplete_expired":
      return words.incomplete_expired;
    case "cancelled":
      return words.cancelled;
    default:
      return words.other;
  }
}
