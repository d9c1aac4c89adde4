"use client";

import { LoaderCircle, WifiOff } from "lucide-react";
import type { ReactNode } from "react";

import { useLate } from "@/lib/use-late";
import { useOnline } from "@/lib/use-online";
import { texts } from "@/texts/common";

/** Milliseconds after which waiting needs a word. */
const LONG = 6_000;

interface LoadingProps {
  label?: string;
  /** What will be there, as grey shapes of the same size; a wheel without them. */
  children?: ReactNode;
}

/** Something is on its way; says so when it takes long, and when there is no connection. */
export function Loading({ label = texts.loading, children }: LoadingProps) {
  const late = useLate(LONG);
  const online = useOnline();
  const Icon = online ? LoaderCircle : WifiOff;
  const spoken = !online ? texts.offline.waiting : late ? texts.slow : label;
  const quiet = children !== undefined && online && !late;
  return (
    <div className="grid gap-4" data-testid="loading" data-slow={late || undefined}>
      <p
        role="status"
        className={
          quiet ? "sr-only" : "flex items-center justify-center gap-3 px-4 py-6 text-muted"
        }
      >
        <Icon aria-hidden className={online ? "size-5 shrink-0 animate-spin" : "size-5 shrink-0"} />
        {spoken}
      </p>
      {children}
    </div>
  );
}
