/** Words of the audit log. */
export const texts = {
  title: "Audit log",
  what: "entries",
  lead: "Who did what to whom, and why. It is only ever added to. A file holds the newest 5,000 entries that fit.",
  columns: {
    when: "When",
    who: "Who",
    what: "What",
    account: "Account",
    on: "On",
    reason: "Reason",
  },
  filters: { actor: "Who" },
  actors: {
    account: "Accounts",
    admin: "Administrators",
    system: "Services",
    stripe: "Stripe",
    daemon: "The platform",
  } as Readonly<Record<string, string>>,
  from: (address: string) => `from ${address}`,
  request: "Request",
  entry: (deed: string, id: number) => `${deed.charAt(0).toUpperCase()}${deed.slice(1)} (${id})`,
  older: "Older entries",
  csv: {
    action: "Download as CSV",
    file: "audit-log.csv",
  },
} as const;
