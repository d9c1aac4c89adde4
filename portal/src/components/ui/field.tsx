"use client";

import { Label } from "radix-ui";
import { type ComponentProps, type ReactNode, useId } from "react";

import { Input } from "./input";

interface FieldProps extends Omit<ComponentProps<"input">, "id"> {
  label: string;
  /** What to know before typing. */
  hint?: ReactNode;
  /** What is wrong with what was typed. */
  problem?: string | null | undefined;
  /** Shown behind the line, such as a domain. */
  suffix?: string;
}

/** A labelled line to type in, with its hint and its problem tied to it for screen readers. */
export function Field({ label, hint, problem, suffix, ...props }: FieldProps) {
  const id = useId();
  const described = [hint && `${id}-hint`, problem && `${id}-problem`].filter(Boolean).join(" ");
  return (
    <div className="grid gap-1.5">
      <Label.Root htmlFor={id} className="font-medium">
        {label}
      </Label.Root>
      <div className="flex flex-wrap items-center gap-x-2 gap-y-1">
        <Input
          {...props}
          id={id}
          className={suffix ? "min-w-32 flex-1" : undefined}
          aria-invalid={problem ? true : undefined}
          aria-describedby={described || undefined}
        />
        {suffix && <span className="text-muted">{suffix}</span>}
      </div>
      {hint && (
        <p id={`${id}-hint`} className="text-sm text-muted">
          {hint}
        </p>
      )}
      {problem && (
        <p id={`${id}-problem`} role="alert" className="text-sm text-bad">
          {problem}
        </p>
      )}
    </div>
  );
}
