/** Words of the account's settings, and of its end. */
export const texts = {
  title: "Settings",
  loading: "Loading your settings…",
  profile: {
    title: "Profile",
    email: "E-mail address",
    emailHint: "You sign in with it. Write to us to change it.",
    fullName: "Name",
    company: "Company",
    action: "Save",
    saved: "Saved.",
    unsaved: "Not saved yet. It stays in this tab until you save it.",
  },
  consent: {
    title: "What we may do",
    lead: "Each can be changed at any time. What is needed to run your instances needs no consent.",
    marketing: "Write to me about news",
    marketingText: "A letter now and then, when something new is worth your time.",
    analytics: "Count how I use the platform",
    analyticsText: "Only on our own servers, to see what is used and what is not.",
    saved: "Saved.",
  },
  export: {
    title: "Your data",
    text: "Everything that we keep about you and your account, in one file that other programs can read.",
    action: "Download my data",
    done: "Your file is in your downloads.",
    file: (day: string) => `mindroom-data-${day}.json`,
  },
  remove: {
    title: "Delete the account",
    text: "Your instances stop and nothing more is charged. For seven days you can take it back; after that your account, your instances and everything in them are gone for good. Invoices are kept as long as the law wants them.",
    action: "Delete my account",
    ask: "Delete your account?",
    askText: (days: number) =>
      `Your instances stop at once and nothing more is charged. You have ${days} days to take it back by signing in here.`,
    confirm: "Delete the account",
    done: "Your account is being deleted.",
  },
  leaving: {
    title: "This account is being deleted",
    lead: "Your instances are stopped and nothing more is charged. Until the seven days are over you can take it back.",
    undo: "Keep my account",
    export: "Your data can still be downloaded.",
    signOut: "Sign out",
  },
  suspended: {
    title: "This account is suspended",
    lead: "Your instances are stopped and your data is kept. Write to us to find out why and what to do about it.",
    signOut: "Sign out",
    again: "Look again",
  },
} as const;
