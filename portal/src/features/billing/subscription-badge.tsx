import { Badge, type Tone } from "@/components/ui/badge";
import type { Subscription } from "@/lib/api";
import { words } from "@/lib/format";
import { texts } from "@/texts/account";

const TONES: Readonly<Record<string, Tone>> = {
  trialing: "brand",
  active: "good",
  past_due: "warn",
  unpaid: "bad",
  paused: "warn",
  incomplete: "warn",
};

/** A subscription's status, with the days left of a trial. */
export function SubscriptionBadge({ subscription }: { subscription: Subscription }) {
  const { status, tier, trial_days_remaining: left } = subscription;
  if (tier === "free") return null;
  const label = texts.statuses[status] ?? words(status);
  return (
    <Badge tone={TONES[status] ?? "neutral"} data-testid="subscription-status">
      {status === "trialing" && left != null ? texts.trialLeft(left) : label}
    </Badge>
  );
}
