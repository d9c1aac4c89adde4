"use client";

import { Circle, CircleCheck, CircleX, LoaderCircle } from "lucide-react";

import type { Step } from "@/lib/api";
import { cn } from "@/lib/cn";
import { duration } from "@/lib/format";
import { useNow } from "@/lib/use-now";

const ICONS = {
  pending: { icon: Circle, look: "text-muted", word: "waiting" },
  running: { icon: LoaderCircle, look: "animate-spin text-brand", word: "under way" },
  done: { icon: CircleCheck, look: "text-good", word: "done" },
  failed: { icon: CircleX, look: "text-bad", word: "failed" },
} as const;

/** The steps of the work, each with its time, counting while it is under way. */
export function StepList({ steps }: { steps: readonly Step[] }) {
  const now = useNow(steps.some((step) => step.state === "running") ? 100 : null);
  return (
    <ol className="grid gap-2" aria-label="Steps" data-testid="steps">
      {steps.map((step) => {
        const { icon: Icon, look, word } = ICONS[step.state];
        const elapsed = elapsedOf(step, now);
        return (
          <li
            key={step.name}
            className={cn("flex items-start gap-3", step.state === "pending" && "text-muted")}
            data-testid={`step-${step.name}`}
            data-state={step.state}
          >
            <Icon aria-hidden className={cn("mt-0.5 size-5 shrink-0", look)} />
            <span className="flex-1">
              {step.title}
              <span className="sr-only">, {word}</span>
            </span>
            {elapsed !== null && (
              <span className="text-sm text-muted tabular-nums">{duration(elapsed)}</span>
            )}
          </li>
        );
      })}
    </ol>
  );
}

/** Milliseconds that a step took or has taken so far; null before it began. */
function elapsedOf({ started_at, finished_at, state }: Step, now: number): number | null {
  if (!started_at || state === "pending") return null;
  if (finished_at) return Date.parse(finished_at) - Date.parse(started_at);
  return state === "running" ? now - Date.parse(started_at) : null;
}
