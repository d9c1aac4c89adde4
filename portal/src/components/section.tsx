import type { ReactNode } from "react";

import { cn } from "@/lib/cn";

import { Card, CardTitle } from "./ui/card";

interface SectionProps {
  title: string;
  /** Below the title, small. */
  lead?: string | undefined;
  /** Beside the title. */
  aside?: ReactNode;
  testId?: string | undefined;
  className?: string | undefined;
  children: ReactNode;
}

/** A panel with its heading. */
export function Section({ title, lead, aside, testId, className, children }: SectionProps) {
  return (
    <Card
      className={cn("grid min-w-0 grid-cols-1 content-start gap-4", className)}

      data-testid={testId}
    >
      <div className="grid gap-1">
        <div className="flex flex-wrap items-center justify-between gap-3">
          <CardTitle>{title}</CardTitle>
          {aside}
        </div>
        {lead && <p className="text-sm text-pretty text-muted">{lead}</p>}
      </div>
      {children}
    </Card>
  );
}
