import { cva, type VariantProps } from "class-variance-authority";
import { LoaderCircle } from "lucide-react";
import { Slot } from "radix-ui";
import type { ComponentProps } from "react";

import { cn } from "@/lib/cn";

const styles = cva(
  "inline-flex items-center justify-center gap-2 rounded-lg font-medium whitespace-nowrap transition-colors disabled:cursor-not-allowed disabled:opacity-60 aria-disabled:opacity-60",
  {
    variants: {
      variant: {
        primary: "bg-brand text-on-brand hover:bg-brand-strong",
        secondary: "border border-line bg-surface text-ink hover:bg-raised",
        ghost: "text-ink hover:bg-raised",
        danger: "border border-bad/40 bg-surface text-bad hover:bg-bad-soft",
      },
      size: {
        large: "min-h-12 px-6 py-3 text-lg",
        normal: "min-h-10 px-4 py-2",
        small: "min-h-9 px-3 py-1.5 text-sm",
        icon: "size-10",
      },
    },
    defaultVariants: { variant: "primary", size: "normal" },
  },
);

interface ButtonProps extends ComponentProps<"button">, VariantProps<typeof styles> {
  /** Under way: shows a spinner and takes no further clicks. */
  busy?: boolean;
}

/** A button. For a link that looks like one, `ButtonLink`. */
export function Button({
  className,
  variant,
  size,
  busy = false,
  children,
  ...props
}: ButtonProps) {
  return (
    <button
      type="button"
      {...props}
      className={cn(styles({ variant, size }), className)}
      disabled={busy || props.disabled}
      aria-busy={busy || undefined}
    >
      {busy && <LoaderCircle aria-hidden className="size-4 animate-spin" />}
      {children}
    </button>
  );
}

type ButtonLinkProps = ComponentProps<typeof Slot.Root> & VariantProps<typeof styles>;

/** Makes the link inside look like a button. */
export function ButtonLink({ className, variant, size, ...props }: ButtonLinkProps) {
  return <Slot.Root {...props} className={cn(styles({ variant, size }), className)} />;
}
