import type { ReactNode } from "react";

import { CopyButton } from "./copyable";

interface CopyLineProps {
  name: string;
  value: string;
  /** What is shown instead of the value, such as dots. */
  shown?: string;
  /** Names the value for the copy button. */
  what: string;
  testId: string;
  /** Beside the name. */
  aside?: ReactNode;
  hint?: string;
}

/** A value with its name, ready to be copied. */
export function CopyLine({ name, value, shown = value, what, testId, aside, hint }: CopyLineProps) {
  return (
    <div className="grid gap-1.5">
      <div className="flex min-h-9 items-center justify-between gap-3">
        <h3 className="font-medium">{name}</h3>
        {aside}
      </div>
      <div className="flex items-center gap-3 rounded-lg bg-raised py-1.5 pr-1.5 pl-3">
        <p
          className="min-w-0 flex-1 font-mono text-sm wrap-anywhere"
          data-testid={testId}
          data-dynamic
        >
          {shown}
        </p>
        <CopyButton text={value} what={what} />
      </div>
      {hint && <p className="text-sm text-pretty text-muted">{hint}</p>}
    </div>
  );
}
