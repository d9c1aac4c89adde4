/** Words of one instance, as administrators look after it. */
export const texts = {
  none: { title: "No such instance", text: "There is no instance with this number." },
  facts: {
    account: "Account",
    plan: "Plan",
    wish: "Wished",
    wishes: { running: "Running", stopped: "Stopped", deleted: "Deleted" } as Readonly<
      Record<string, string>
    >,
    since: "So since",
    deadline: "Must end by",
    wishNumber: "Wish",
    ofWishes: (seen: number, wished: number) =>
      seen >= wished ? `${wished}, brought about` : `${wished}, brought about up to ${seen}`,
    restarts: "Restarts",
    ofRestarts: (seen: number, wished: number) =>
      seen >= wished ? `${wished}, all done` : `${wished}, of which ${seen} are done`,
    repairs: "Repairs",
    attention: "Asks for a person since",
    misses: "Missed checks",
    inARow: (number: number) => `${number} in a row`,
    mindroom: "MindRoom",
    synapse: "Synapse",
    owner: "Owner",
    created: "Created",
    removed: "Deleted",
    id: "Instance id",
    whatId: "the instance id",
  },
  drifted: "It is settled, and yet not what was wished.",
  held: "It was stopped with its account, and runs again with it.",
  attention: "Repairs did not help: it waits for a person.",
  health: "Health",
  checks: {
    title: "Newest checks",
    none: "It was not checked yet.",
    when: "When",
    outcome: "Outcome",
    took: "Took",
    detail: "What was wrong",
    healthy: "Answered",
    unhealthy: "Did not answer",
    milliseconds: (number: number) => `${number} ms`,
  },
  jobs: "Newest jobs",
  noJobs: "There are no jobs for it.",
  actions: "Actions",
  noActions: "There is nothing to be done with it.",
  commands: {
    start: {
      action: "Start",
      title: (name: string) => `Start ${name}?`,
      text: "It is started whether it is paid for or not.",
      done: (name: string) => `${name} is being started.`,
    },
    stop: {
      action: "Stop",
      title: (name: string) => `Stop ${name}?`,
      text: "Its people cannot reach it until it is started again. Its data is kept.",
      done: (name: string) => `${name} is being stopped.`,
    },
    restart: {
      action: "Restart",
      title: (name: string) => `Restart ${name}?`,
      text: "Its people cannot reach it for a moment.",
      done: (name: string) => `${name} is being restarted.`,
    },
    provision: {
      action: "Try again",
      title: (name: string) => `Set ${name} up again?`,
      text: "What could not be brought up is tried again from the beginning.",
      done: (name: string) => `${name} is being set up again.`,
    },
    uninstall: {
      action: "Delete",
      title: (name: string) => `Delete ${name}?`,
      text: "The instance stops, its address goes, and its data is removed once the time for second thoughts has passed.",
      done: (name: string) => `${name} is being deleted.`,
    },
  },
  sync: {
    action: "Reconcile all",
    title: "Reconcile all instances?",
    text: (instances: number, joined: number) =>
      instances === 1
        ? "One instance is compared with what it should be, and mended where it differs."
        : `${instances} instances are compared with what they should be, and mended where they differ.${
            joined > 0 ? ` For ${joined} of them that is waiting already.` : ""
          }`,
    first: "It was not done for all of them before.",
    last: (when: string, total: number, synced: number, errors: number, waiting: number) =>
      `The last time, ${when}: ${synced} of ${total} done, ${errors} failed, ${waiting} under way.`,
    done: "All instances are being reconciled.",
  },
  bulk: {
    restart: "Restart",
    restartTitle: "Restart these instances?",
    restartText: "Their people cannot reach them for a moment.",
    stop: "Stop",
    stopTitle: "Stop these instances?",
    stopText: "Their people cannot reach them until they are started again. Their data is kept.",
    start: "Start",
    startTitle: "Start these instances?",
    startText: "They are started whether they are paid for or not.",
    notNow: (status: string) => `not while it is “${status}”`,
  },
} as const;
