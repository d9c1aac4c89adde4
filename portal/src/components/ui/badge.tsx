import { cva, type VariantProps } from "class-variance-authority";
import type { ComponentProps } from "react";

import { cn } from "@/lib/cn";

const styles = cva(
  "inline-flex items-center gap-1.5 rounded-full px-2.5 py-0.5 text-sm font-medium whitespace-nowrap",
  {
    variants: {
      tone: {
        neutral: "bg-raised text-muted",
        brand: "bg-brand-soft text-brand",
        good: "bg-good-soft text-good",
        warn: "bg-warn-soft text-warn",
        bad: "bg-bad-soft text-bad",
      },
    },
    defaultVariants: { tone: "neutral" },
  },
);

export type Tone = NonNullable<VariantProps<typeof styles>["tone"]>;

/** A word with a colour; the word says it all, the colour only helps. */
export function Badge({
  className,
  tone,
  ...props
}: ComponentProps<"span"> & VariantProps<typeof styles>) {
  return <span {...props} className={cn(styles({ tone }), className)} />;
}
