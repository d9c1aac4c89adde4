import type { Subscription } from "@/lib/api";
import { day, words } from "@/lib/format";

/** One sentence on where a subscription stands and what comes next. */
export function subscriptionText(subscription: Subscription | null): string {
  if (subscription === null || subscription.tier === "free") {
    return "This plan comes without an instance. Choose another to get one.";
  }
  const { status, cancel_at_period_end, trial_ends_at, current_period_end } = subscription;
  switch (status) {
    case "trialing":
      return cancel_at_period_end
        ? `Your free days end on ${day(trial_ends_at)}; nothing will be charged.`
        : `Your free days end on ${day(trial_ends_at)}; the first payment follows.`;
    case "active":
      if (current_period_end == null) return "Paid.";
      return cancel_at_period_end
        ? `Cancelled: it ends on ${day(current_period_end)}.`
        : `The next payment is on ${day(current_period_end)}.`;
    case "past_due":
      return "The last payment did not work. Check your payment method.";
    case "unpaid":
    case "paused":
      return "Your instance is paused until there is a payment. Its data is kept.";
    case "incomplete":
      return "The first payment is not complete yet.";
    case "incomplete_expired":
      return "The first payment was never made. Choose a plan to try again.";
    case "cancelled":
      return "This subscription has ended. Choose a plan to begin again.";
    default:
      return `Its status is “${words(status)}”.`;
  }
}
