"use client";

import { Label } from "radix-ui";
import { type ComponentProps, useId } from "react";

import { cn } from "@/lib/cn";

interface TextAreaProps extends Omit<ComponentProps<"textarea">, "id"> {
  label: string;
  /** What to know before typing. */
  hint?: string;
  /** What is wrong with what was typed; takes the hint's place. */
  problem?: string | undefined;
}

/** A labelled field for some lines of text. */
export function TextArea({ label, hint, problem, className, ...props }: TextAreaProps) {
  const id = useId();
  const note = problem ?? hint;
  return (
    <div className="grid gap-1.5">
      <Label.Root htmlFor={id} className="font-medium">
        {label}
      </Label.Root>
      <textarea
        rows={3}
        {...props}
        id={id}
        aria-invalid={problem ? true : undefined}
        aria-describedby={note ? `${id}-note` : undefined}
        className={cn(
          "w-full min-w-0 resize-y rounded-lg border border-field bg-surface px-3 py-2 text-base placeholder:text-muted aria-invalid:border-bad",
          className,
        )}
      />
      <div aria-live="polite">
        {note && (
          <p
            id={`${id}-note`}
            data-testid={problem ? "field-problem" : undefined}
            className={cn("text-sm", problem ? "text-bad" : "text-muted")}
          >
            {note}
          </p>
        )}
      </div>
    </div>
  );
}
