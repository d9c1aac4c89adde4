import type { ReactNode } from "react";

import { cn } from "@/lib/cn";

interface PageProps {
  title: string;
  /** Beside the title. */
  aside?: ReactNode;
  /** Below the title. */
  lead?: string;
  /** For forms and messages. */
  narrow?: boolean;
  children: ReactNode;
}

/** A page below the header. */
export function Page({ title, aside, lead, narrow = false, children }: PageProps) {
  return (
    <div className={cn("mx-auto grid w-full grid-cols-1 gap-6", narrow ? "max-w-md" : "max-w-6xl")}>
      <div className="grid gap-1.5">
        <div className="flex flex-wrap items-center justify-between gap-3">
          <h1 className="text-2xl font-semibold tracking-tight wrap-anywhere sm:text-3xl">
            {title}
          </h1>
          {aside}
        </div>
        {lead && <p className="text-pretty text-muted">{lead}</p>}
      </div>
      {children}
    </div>
  );
}
