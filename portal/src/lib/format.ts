/** An amount in minor units as people of the page's language write it. */
export function money(minorUnits: number, currency: string): string {
  const code = currency.toUpperCase();
  const digits = new Intl.NumberFormat("en-US", {
    style: "currency",
    currency: code,
  }).resolvedOptions().maximumFractionDigits;
  const amount = minorUnits / 10 ** (digits ?? 2);
  return new Intl.NumberFormat("en-US", {
    style: "currency",
    currency: code,
    minimumFractionDigits: Number.isInteger(amount) ? 0 : (digits ?? 2),
  }).format(amount);
}

/** A number, with at most two digits behind the point. */
export function number(value: number): string {
  return value.toLocaleString("en-US", { maximumFractionDigits: 2 });
}

/** Time and day in the reader's zone; a dash for none or nonsense. */
export function dateTime(rfc3339: string | null | undefined): string {
  return formatted(rfc3339, { dateStyle: "medium", timeStyle: "short" });
}

/** Day in the reader's zone; a dash for none or nonsense. */
export function day(rfc3339: string | null | undefined): string {
  return formatted(rfc3339, { dateStyle: "medium" });
}

/** `2026-11-24` as `24 Nov`: a day of the calendar, the same in every zone. */
export function dayAndMonth(date: string): string {
  const format = new Intl.DateTimeFormat("en-GB", {
    day: "numeric",
    month: "short",
    timeZone: "UTC",
  });
  return format.format(new Date(date));
}

/** Hour and minute in the reader's zone, of milliseconds. */
export function time(milliseconds: number): string {
  return new Intl.DateTimeFormat("en-GB", { timeStyle: "short" }).format(milliseconds);
}

/** As `dateTime`, to the second. */
export function dateTimeToSecond(rfc3339: string | null | undefined): string {
  return formatted(rfc3339, { dateStyle: "medium", timeStyle: "medium" });
}

function formatted(
  rfc3339: string | null | undefined,
  options: Intl.DateTimeFormatOptions,
): string {
  const time = rfc3339 ? new Date(rfc3339) : null;
  if (!time || Number.isNaN(time.getTime())) return "–";
  return new Intl.DateTimeFormat("en-GB", options).format(time);
}

/** Milliseconds as `4.2 s`, `47 s`, `3 min 05 s` or `2 h 04 min`; never below zero, as clocks differ. */
export function duration(milliseconds: number): string {
  const seconds = Math.max(0, milliseconds) / 1000;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
  return `${Math.floor(whole / 3600)} h ${two(Math.floor((whole % 3600) / 60))} min`;
}

function two(number: number): string {
  return String(number).padStart(2, "0");
}

/** `past_due` as `past due`: the wire's words are words, only joined. */
export function words(status: string): string {
  return status.replaceAll("_", " ");
}
