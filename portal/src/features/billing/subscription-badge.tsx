import { Badge } from "@/components/ui/badge";
import type { Subscription } from "@/lib/api";
import { subscriptionLookOf } from "@/lib/subscription-status";
import { texts } from "@/texts/account";

/** A subscription's status, with the days left of a trial. */
export function SubscriptionBadge({ subscription }: { subscription: Subscription }) {
  const { status, tier, trial_days_remaining: left } = subscription;
  if (tier === "free") return null;
  const { label, tone } = subscriptionLookOf(status);
  return (
    <Badge tone={tone} data-testid="subscription-status">
      {status === "trialing" && left != null ? texts.trialLeft(left) : label}
    </Badge>
  );
}
