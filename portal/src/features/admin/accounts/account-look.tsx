"use client";

import { TextLink } from "@/components/text-link";
import { Badge } from "@/components/ui/badge";
import { usePlanName } from "@/features/pricing/use-plan-name";
import { accountLookOf } from "@/lib/account-status";
import { subscriptionLookOf } from "@/lib/subscription-status";

/** An account's status as a coloured word. */
export function AccountBadge({ status }: { status: string }) {
  const { label, tone } = accountLookOf(status);
  return (
    <Badge tone={tone} data-testid="account-status" data-status={status}>
      {label}
    </Badge>
  );
}

/** A plan's name. */
export function PlanName({ tier }: { tier: string }) {
  return usePlanName(tier);
}

interface PlanAndStatusProps {
  tier: string;
  status: string | null | undefined;
}

/** A plan's name, and how a paid one stands. */
export function PlanAndStatus({ tier, status }: PlanAndStatusProps) {
  const name = usePlanName(tier);
  if (tier === "free" || !status) return name;
  const { label, tone } = subscriptionLookOf(status);
  return (
    <span className="inline-flex flex-wrap items-center gap-2">
      {name}
      <Badge tone={tone}>{label}</Badge>
    </span>
  );
}

/** An account's address, which leads to its page. */
export function AccountLink({ id, email }: { id: string; email: string }) {
  return (
    <TextLink href={`/admin/account?id=${id}`} className="max-sm:wrap-anywhere">
      {email}
    </TextLink>
  );
}
