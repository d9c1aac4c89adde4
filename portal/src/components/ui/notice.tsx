import { cva, type VariantProps } from "class-variance-authority";
import type { ComponentProps } from "react";

import { cn } from "@/lib/cn";

const styles = cva("rounded-lg border px-4 py-3 text-sm", {
  variants: {
    tone: {
      neutral: "border-line bg-raised",
      good: "border-good/30 bg-good-soft text-good",
      warn: "border-warn/30 bg-warn-soft text-warn",
      bad: "border-bad/30 bg-bad-soft text-bad",
    },
  },
  defaultVariants: { tone: "neutral" },
});

/** Something to read before going on. Errors are announced at once, the rest when there is a pause. */
export function Notice({
  className,
  tone,
  ...props
}: ComponentProps<"div"> & VariantProps<typeof styles>) {
  return (
    <div
      role={tone === "bad" ? "alert" : "status"}
      {...props}
      className={cn(styles({ tone }), className)}
    />
  );
}
