import type { ComponentProps } from "react";

import { cn } from "@/lib/cn";

/** A panel. */
export function Card({ className, ...props }: ComponentProps<"section">) {
  return (
    <section
      {...props}
      className={cn("rounded-xl border border-line bg-surface p-5 sm:p-6", className)}
    />
  );
}

/** A panel's heading. */
export function CardTitle({ className, ...props }: ComponentProps<"h2">) {
  return <h2 {...props} className={cn("text-lg font-semibold", className)} />;
}
