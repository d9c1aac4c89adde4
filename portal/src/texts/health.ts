/** Words of an instance's health over a day. */
export const texts = {
  title: "Health of the last 24 hours",
  lead: "Each bar is an hour. We ask every part of it from outside, about once a minute.",
  none: "It was not checked within the last 24 hours.",
  hour: (from: string, to: string) => `${from} to ${to}`,
  noChecks: "not checked",
  all: (checks: number) => `answered all ${checks} checks`,
  some: (misses: number, checks: number) => `missed ${misses} of ${checks} checks`,
  availability: (percent: string) => `Answered ${percent} of the checks.`,
  ago: "24 hours ago",
  now: "now",
} as const;
