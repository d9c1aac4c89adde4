import { LoaderCircle } from "lucide-react";

import { Badge } from "@/components/ui/badge";
import type { Instance } from "@/lib/api";
import { isSettling, lookOf } from "@/lib/instance-status";

/** An instance's status, with a wheel while something is under way. */
export function StatusBadge({ instance }: { instance: Instance }) {
  const { label, tone } = lookOf(instance.status);
  return (
    <Badge tone={tone} data-testid="status" data-status={instance.status}>
      {isSettling(instance) && <LoaderCircle aria-hidden className="size-3.5 animate-spin" />}
      {label}
    </Badge>
  );
}
