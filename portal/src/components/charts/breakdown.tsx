import Link from "next/link";

import type { Tone } from "@/components/ui/badge";
import { cn } from "@/lib/cn";
import { number as inWords } from "@/lib/format";

export interface Part {
  key: string;
  label: string;
  number: number;
  tone?: Tone;
  /** Where these are listed. */
  href?: string;
}

const FILLS: Readonly<Record<Tone, string>> = {
  neutral: "fill-field",
  brand: "fill-brand",
  good: "fill-good",
  warn: "fill-warn",
  bad: "fill-bad",
};

interface BreakdownProps {
  parts: readonly Part[];
  /** Said when there are none. */
  empty: string;
}

/** Parts of a whole as bars, each with its number and the way to what it counts. */
export function Breakdown({ parts, empty }: BreakdownProps) {
  const shown = parts.filter(({ number }) => number > 0);
  if (shown.length === 0) return <p className="text-sm text-muted">{empty}</p>;
  const most = Math.max(...shown.map(({ number }) => number));
  return (
    <ul className="grid gap-3">
      {shown.map(({ key, label, number, tone = "brand", href }) => (
        <li key={key} className="grid gap-1" data-testid={`part-${key}`}>
          <div className="flex items-baseline justify-between gap-3 text-sm">
            {href ? (
              <Link href={href} className="hover:text-brand hover:underline">
                {label}
              </Link>
            ) : (
              <span>{label}</span>
            )}
            <span className="font-medium tabular-nums">{inWords(number)}</span>
          </div>
          <svg aria-hidden viewBox="0 0 100 2" preserveAspectRatio="none" className="h-2 w-full">
            <rect width="100" height="2" rx="1" className="fill-raised" />
            <rect width={(100 * number) / most} height="2" rx="1" className={cn(FILLS[tone])} />
          </svg>
        </li>
      ))}
    </ul>
  );
}
