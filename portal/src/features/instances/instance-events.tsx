"use client";

import { useState } from "react";

import type { Tone } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Card, CardTitle } from "@/components/ui/card";
import type { InstanceEvent, Step } from "@/lib/api";
import { cn } from "@/lib/cn";
import { dateTimeToSecond } from "@/lib/format";
import { events as texts, type Reader } from "@/texts/instance";

import { sentenceOf, toldOnce, toneOf } from "./event-sentence";

/** Shown at first. */
const FEW = 8;

const DOTS: Readonly<Record<Tone, string>> = {
  neutral: "bg-field",
  brand: "bg-brand",
  good: "bg-good",
  warn: "bg-warn",
  bad: "bg-bad",
};

interface InstanceEventsProps {
  events: readonly InstanceEvent[];
  steps: readonly Step[];
  reader?: Reader;
}

/** What happened to it, the newest first. */
export function InstanceEvents({ events, steps, reader = "owner" }: InstanceEventsProps) {
  const [all, setAll] = useState(false);
  const told = toldOnce(events);
  const shown = all ? told : told.slice(0, FEW);
  return (
    <Card className="grid gap-4">
      <CardTitle>{texts.title}</CardTitle>
      {told.length === 0 && <p className="text-muted">{texts.none}</p>}
      <ol className="grid empty:hidden" data-testid="events">
        {shown.map((event) => (
          <li key={event.id} className="group relative flex gap-4 pb-4 last:pb-0">
            <span
              aria-hidden
              className="absolute top-3 bottom-0 left-[4.5px] w-px bg-line group-last:hidden"
            />
            <span
              aria-hidden
              className={cn("relative mt-1.5 size-2.5 shrink-0 rounded-full", DOTS[toneOf(event)])}
            />
            <div className="grid flex-1 gap-x-4 sm:flex sm:items-baseline sm:justify-between">
              <p className="wrap-anywhere">
                {sentenceOf(event, steps, reader)}
                {event.detail && <span className="block text-sm text-muted">{event.detail}</span>}
              </p>
              <time
                dateTime={event.created_at}
                className="shrink-0 text-sm text-muted tabular-nums"
                data-dynamic
              >
                {dateTimeToSecond(event.created_at)}
              </time>
            </div>
          </li>
        ))}
      </ol>
      {told.length > FEW && (
        <div>
          <Button variant="secondary" size="small" aria-expanded={all} onClick={() => setAll(!all)}>
            {all ? texts.fewer : texts.older}
          </Button>
        </div>
      )}
    </Card>
  );
}
