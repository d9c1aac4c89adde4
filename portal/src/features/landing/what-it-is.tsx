import { Brain, MessagesSquare, ShieldCheck, Wrench } from "lucide-react";

import { texts } from "@/texts/landing";

import { SectionTitle } from "./section-title";

const ICONS = [Brain, Wrench, MessagesSquare, ShieldCheck] as const;

/** What one gets, in four sentences. */
export function WhatItIs() {
  const { title, lead, reasons } = texts.what;
  return (
    <section aria-labelledby="what" className="grid gap-10">
      <SectionTitle id="what" title={title} lead={lead} />
      <ul className="grid gap-4 sm:grid-cols-2 lg:grid-cols-4">
        {reasons.map((reason, at) => {
          const Icon = ICONS[at] ?? Brain;
          return (
            <li
              key={reason.title}
              className="grid content-start gap-2 rounded-xl border border-line bg-surface p-5"
            >
              <span className="mb-1 w-fit rounded-lg bg-brand-soft p-2.5 text-brand">
                <Icon aria-hidden className="size-5" />
              </span>
              <h3 className="font-semibold">{reason.title}</h3>
              <p className="text-pretty text-muted">{reason.text}</p>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
