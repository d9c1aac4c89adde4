import type { ReactNode } from "react";

import { cn } from "@/lib/cn";

interface PageProps {
  title: string;
  /** Beside the title. */
  aside?: ReactNode;
  /** For forms and messages. */
  narrow?: boolean;
  children: ReactNode;
}

/** A page below the header. */
export function Page({ title, aside, narrow = false, children }: PageProps) {
  return (
    <div className={cn("mx-auto grid w-full gap-6", narrow ? "max-w-md" : "max-w-5xl")}>
      <div className="flex flex-wrap items-center justify-between gap-3">
        <h1 className="text-2xl font-semibold wrap-anywhere">{title}</h1>
        {aside}
      </div>
      {children}
    </div>
  );
}
