/** Words of the dialog that every command goes through. */
export const texts = {
  reason: "Reason",
  reasonHint: "It is kept in the audit log, next to your name.",
  reasonMissing: "Say why, in a few words.",
  type: (text: string) => `Type ${text} to confirm`,
  keep: "Leave it",
  close: "Close",
  preview: {
    will: (number: number, doing: string) => `${doing} (${number})`,
    wont: (number: number) => `Left as they are (${number})`,
  },
  progress: (done: number, of: number) => `${done} of ${of} done…`,
  outcome: (done: number, of: number) => `${done} of ${of} done.`,
  failed: (name: string, detail: string) => `${name}: ${detail}`,
} as const;
