import type { HealthHour } from "@/lib/api";
import { cn } from "@/lib/cn";
import { time } from "@/lib/format";
import { texts } from "@/texts/health";

import { type HourLook, hourLookOf, answeredShare } from "./health-hours";

const COLOURS: Readonly<Record<HourLook, string>> = {
  none: "bg-raised",
  good: "bg-good",
  some: "bg-warn",
  bad: "bg-bad",
};

const HOUR = 3_600_000;

/** How it answered in each of the last 24 hours, the one under way last. */
export function HealthStrip({ hours }: { hours: readonly HealthHour[] }) {
  const share = answeredShare(hours);
  return (
    <div className="grid gap-2" data-testid="health-strip">
      <ol className="flex h-9 gap-0.5 sm:gap-1">
        {hours.map((hour) => {
          const text = sentence(hour);
          return (
            <li
              key={hour.hour}
              title={text}
              className={cn(
                "min-w-0 flex-1 rounded-sm",
                COLOURS[hourLookOf(hour)],
                hourLookOf(hour) === "none" && "border border-line",
              )}
              data-testid={`hour-${hourLookOf(hour)}`}
            >
              <span className="sr-only">{text}</span>
            </li>
          );
        })}
      </ol>
      <div aria-hidden className="flex justify-between text-xs text-muted">
        <span>{texts.ago}</span>
        <span>{texts.now}</span>
      </div>
      <p className="text-sm text-muted">
        {share === null ? texts.none : texts.availability(share)}
      </p>
    </div>
  );
}

function sentence(hour: HealthHour): string {
  const { checks, misses } = hour;
  const begins = Date.parse(hour.hour);
  const when = texts.hour(time(begins), time(begins + HOUR));
  const found =
    checks === 0 ? texts.noChecks : misses === 0 ? texts.all(checks) : texts.some(misses, checks);
  return `${when}: ${found}`;
}
