/** Words of charts by day. */
export const texts = {
  asTable: "The same as a table",
  day: "Day",
  noReport: "No report",
} as const;
