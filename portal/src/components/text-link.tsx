import Link from "next/link";
import type { ComponentProps } from "react";

import { cn } from "@/lib/cn";

/** A link within a text. */
export function TextLink({ className, ...props }: ComponentProps<typeof Link>) {
  return (
    <Link
      {...props}
      className={cn("text-brand underline underline-offset-2 hover:text-brand-strong", className)}
    />
  );
}
