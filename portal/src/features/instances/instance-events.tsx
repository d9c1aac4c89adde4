import { Badge, type Tone } from "@/components/ui/badge";
import { Card, CardTitle } from "@/components/ui/card";
import type { InstanceEvent } from "@/lib/api";
import { dateTimeToSecond, words } from "@/lib/format";

/** What happened to it, the newest first. */
export function InstanceEvents({ events }: { events: readonly InstanceEvent[] }) {
  return (
    <Card className="grid gap-4">
      <CardTitle>What happened</CardTitle>
      {events.length === 0 ? (
        <p className="text-muted">Nothing yet.</p>
      ) : (
        <ol className="grid max-h-96 gap-2 overflow-y-auto" tabIndex={0} data-testid="events">
          {events.toReversed().map((event) => (
            <li
              key={event.id}
              className="flex flex-wrap items-baseline gap-x-3 gap-y-1 border-b border-line pb-2 last:border-0"
            >
              <time dateTime={event.created_at} className="w-44 text-sm text-muted tabular-nums">
                {dateTimeToSecond(event.created_at)}
              </time>
              <Badge tone={toneOf(event)}>{event.kind}</Badge>
              <span className="wrap-anywhere">
                {words(event.name)}
                {event.state && `: ${words(event.state)}`}
                {event.detail && <span className="text-muted"> ({event.detail})</span>}
              </span>
            </li>
          ))}
        </ol>
      )}
    </Card>
  );
}

function toneOf({ kind, name, state }: InstanceEvent): Tone {
  if (state === "failed" || name === "error" || name === "unhealthy") return "bad";
  if (state === "done" || name === "running" || name === "healthy") return "good";
  return kind === "wish" ? "brand" : "neutral";
}
