import type { ComponentProps } from "react";

import { cn } from "@/lib/cn";

/** The place of something that is on its way; give it the size of what comes. */
export function Skeleton({ className, ...props }: ComponentProps<"div">) {
  return (
    <div
      {...props}
      aria-hidden
      className={cn("animate-pulse rounded-xl border border-line bg-raised", className)}
    />
  );
}
