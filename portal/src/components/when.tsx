import { dateTime, dateTimeToSecond, day } from "@/lib/format";

const FORMATS = { day, minute: dateTime, second: dateTimeToSecond } as const;

interface WhenProps {
  /** RFC 3339; a dash for none. */
  at: string | null | undefined;
  /** How exactly it is told. */
  to?: keyof typeof FORMATS;
}

/** A moment in the reader's zone, on one line. */
export function When({ at, to = "minute" }: WhenProps) {
  const text = FORMATS[to](at);
  if (!at) return text;
  return (
    <time dateTime={at} className="tabular-nums sm:whitespace-nowrap" data-dynamic>
      {text}
    </time>
  );
}
