import { Badge, type Tone } from "@/components/ui/badge";
import type { Subscription } from "@/lib/api";
import { words } from "@/lib/format";

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
  const trial = left == null ? "trial" : `trial, ${left} ${left === 1 ? "day" : "days"} left`;
  return (
    <Badge tone={TONES[status] ?? "neutral"} data-testid="subscription-status">
      {status === "trialing" ? trial : words(status)}
    </Badge>
  );
}
