"use client";

import { useQuery } from "@tanstack/react-query";

import { Section } from "@/components/section";
import { When } from "@/components/when";
import type { Subscription } from "@/lib/api";
import { cn } from "@/lib/cn";
import { invoicesQuery } from "@/lib/queries";
import { useServices } from "@/lib/services";
import { texts as billing } from "@/texts/billing";

import { momentsOf } from "./timeline-steps";

const { timeline: texts } = billing;

const DOTS = {
  past: "bg-good",
  trouble: "bg-bad",
  "to come": "border-2 border-field bg-surface",
} as const;

/** What happened to the subscription and what comes next. */
export function Timeline({ mine }: { mine: Subscription }) {
  const { api } = useServices();
  const { data: invoices = [] } = useQuery(invoicesQuery(api));
  const moments = momentsOf(mine, invoices);
  if (moments.length === 0) return null;
  return (
    <Section title={texts.title} testId="timeline">
      <ol className="grid">
        {moments.map(({ text, at, is }) => (
          <li key={text} className="group relative flex gap-4 pb-4 last:pb-0">
            <span
              aria-hidden
              className="absolute top-3 bottom-0 left-[5.5px] w-px bg-line group-last:hidden"
            />
            <span
              aria-hidden
              className={cn("relative mt-1.5 size-3 shrink-0 rounded-full", DOTS[is])}
            />
            <div className="grid flex-1 gap-x-4 sm:flex sm:items-baseline sm:justify-between">
              <p className={cn("text-pretty", is === "trouble" && "font-medium text-bad")}>
                {text}
              </p>
              {at && (
                <span className="shrink-0 text-sm text-muted">
                  <When at={at} to="day" />
                </span>
              )}
            </div>
          </li>
        ))}
      </ol>
    </Section>
  );
}
