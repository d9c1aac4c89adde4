import type { ComponentProps } from "react";

import { cn } from "@/lib/cn";

/** A line to type in; grey where it can only be read. */
export function Input({ className, ...props }: ComponentProps<"input">) {
  return (
    <input
      {...props}
      className={cn(
        "min-h-10 w-full min-w-0 rounded-lg border border-field bg-surface px-3 py-2 text-base placeholder:text-muted read-only:border-line read-only:bg-raised read-only:text-muted aria-invalid:border-bad",
        className,
      )}
    />
  );
}
