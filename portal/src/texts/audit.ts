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
    details: "Details",
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
  request: (id: string) => `request ${id}`,
  details: "More",
  older: "Older entries",
  csv: {
    action: "Download as CSV",
    file: "audit-log.csv",
  },
} as const;
