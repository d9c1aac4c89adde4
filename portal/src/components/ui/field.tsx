"use client";

import { Label } from "radix-ui";
import { type ComponentProps, type ReactNode, useId } from "react";

import { cn } from "@/lib/cn";

import { Input } from "./input";

interface FieldProps extends Omit<ComponentProps<"input">, "id"> {
  label: string;
  /** What to know before typing. */
  hint?: ReactNode;
  /** What is wrong with what was typed. */
  problem?: string | null | undefined;
  /** Shown behind the line, such as a domain. */
  suffix?: string;
  /** A button within the line, at its end. */
  button?: ReactNode;
}

/**
 * A labelled line to type in, with its hint and its problem tied to it for screen readers. A problem takes the
 * hint's place, so that the form does not move while one types.
 */
export function Field({ label, hint, problem, suffix, button, ...props }: FieldProps) {
  const id = useId();
  const note = problem ?? hint;
  return (
    <div className="grid gap-1.5">
      <Label.Root htmlFor={id} className="font-medium">
        {label}
      </Label.Root>
      <div className="flex flex-wrap items-center gap-x-2 gap-y-1">
        <div className={cn("relative flex-1", suffix && "min-w-40")}>
          <Input
            {...props}
            id={id}
            className={button ? "pr-12" : undefined}
            aria-invalid={problem ? true : undefined}
            aria-describedby={note ? `${id}-note` : undefined}
          />
          {button && <div className="absolute inset-y-0 right-0.5 grid items-center">{button}</div>}
        </div>
        {suffix && <span className="text-muted">{suffix}</span>}
      </div>
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
