"use client";

import { Circle, CircleCheck, CircleX, LoaderCircle } from "lucide-react";

import type { Estimate, Step } from "@/lib/api";
import { cn } from "@/lib/cn";
import { duration } from "@/lib/format";
import { useNow } from "@/lib/use-now";
import { texts } from "@/texts/instance";

import { elapsedOf, totalOf } from "./step-times";
import { timeLeft } from "./time-left";

const LOOKS = {
  pending: { icon: Circle, look: "text-muted" },
  running: { icon: LoaderCircle, look: "animate-spin text-brand" },
  done: { icon: CircleCheck, look: "text-good" },
  failed: { icon: CircleX, look: "text-bad" },
} as const;

interface StepListProps {
  steps: readonly Step[];
  /** How long they usually take. */
  estimate?: Estimate | null | undefined;
}

/** The steps of the work, each with its time, counting while it is under way. */
export function StepList({ steps, estimate }: StepListProps) {
  const now = useNow(steps.some((step) => step.state === "running") ? 100 : null);
  const total = totalOf(steps, now);
  const left = timeLeft(steps, estimate, now);
  const usual = new Map(estimate?.steps.map((one) => [one.name, one.typical_seconds]));
  const { stepStates, soFar, total: inAll, typical } = texts.status;
  return (
    <div className="grid gap-3">
      <ol className="grid gap-2" aria-label={texts.status.steps} data-testid="steps">
        {steps.map((step) => {
          const { icon: Icon, look } = LOOKS[step.state];
          const elapsed = elapsedOf(step, now);
          const seconds = step.state === "pending" ? usual.get(step.name) : null;
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
              {seconds != null && (
                <span className="text-sm text-muted tabular-nums" data-dynamic>
                  {typical(duration(seconds * 1000))}
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
          {left !== null && <span data-testid="time-left">{`, ${leftText(left)}`}</span>}
        </p>
      )}
    </div>
  );
}

function leftText(milliseconds: number): string {
  const { left, lastMoment } = texts.status;
  // To the second: what is guessed has no tenths.
  return milliseconds < 1_000 ? lastMoment : left(duration(Math.max(10_000, milliseconds)));
}
