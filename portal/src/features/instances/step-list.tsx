"use client";

import { Circle, CircleCheck, CircleX, LoaderCircle } from "lucide-react";

import type { Step } from "@/lib/api";
import { cn } from "@/lib/cn";
import { duration } from "@/lib/format";
import { useNow } from "@/lib/use-now";
import { texts } from "@/texts/instance";

import { elapsedOf, totalOf } from "./step-times";

const LOOKS = {
  pending: { icon: Circle, look: "text-muted" },
  running: { icon: LoaderCircle, look: "animate-spin text-brand" },
  done: { icon: CircleCheck, look: "text-good" },
  failed: { icon: CircleX, look: "text-bad" },
} as const;

/** The steps of the work, each with its time, counting while it is under way. */
export function StepList({ steps }: { steps: readonly Step[] }) {
  const now = useNow(steps.some((step) => step.state === "running") ? 100 : null);
  const total = totalOf(steps, now);
  const { stepStates, soFar, total: inAll } = texts.status;
  return (
    <div className="grid gap-3">
      <ol className="grid gap-2" aria-label={texts.status.steps} data-testid="steps">
        {steps.map((step) => {
          const { icon: Icon, look } = LOOKS[step.state];
          const elapsed = elapsedOf(step, now);
          return (
            <li
              key={step.name}
              className={cn("flex items-baseline gap-3", step.state === "pending" && "text-muted")}
              data-testid={`step-${step.name}`}
              data-state={step.state}
            >
              <Icon aria-hidden className={cn("size-5 shrink-0 self-start mt-0.5", look)} />
              <span className="flex-1">
                {step.title}
                <span className="sr-only">, {stepStates[step.state]}</span>
              </span>
              {elapsed !== null && (
                <span className="text-sm text-muted tabular-nums" data-dynamic>
                  {duration(elapsed)}
                </span>
              )}
            </li>
          );
        })}
      </ol>
      {total && (
        <p
          className="text-right text-sm text-muted tabular-nums"
          data-testid="total-time"
          data-dynamic
        >
          {(total.isOver ? inAll : soFar)(duration(total.milliseconds))}
        </p>
      )}
    </div>
  );
}
