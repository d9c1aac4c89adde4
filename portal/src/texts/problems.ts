/** What people read when something was not done and the API had no words of its own. */
export const texts = {
  unreachable: "The platform cannot be reached. Check your connection and try again.",
  offline: "You are offline. Nothing that you typed is lost: try again once you are connected.",
  unreadable: (status: number) =>
    `The platform answered with an error (${status}). Try again in a moment.`,
  unknown: "Something went wrong. Try again.",
  settings: "The portal's settings could not be loaded.",
  tooLong: "This is too long.",
  notAnAddress: "The page to go on with cannot be opened.",
  titles: {
    unreachable: "No connection",
    limited: "Too many requests",
    forbidden: "Not allowed",
    server: "Something went wrong on our side",
    other: "That did not work",
  },
} as const;
