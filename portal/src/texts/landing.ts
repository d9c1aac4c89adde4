/** Words of the start page. */
export const texts = {
  eyebrow: "AI agents on your own homeserver",
  title: "Your own AI team, where your team talks",
  lead: "MindRoom puts AI agents into your chat: members of your rooms with a memory, tools and a job to do. You get a private instance with its own homeserver, ready within minutes.",
  start: "Start free",
  plans: "See the plans",
  dashboard: "Go to your dashboard",
  shots: {
    dashboard: "MindRoom’s dashboard of an instance: its rooms, its agents and what they did today",
    conversation: "A conversation with an agent in a Matrix room",
    instance: "An instance in the portal: running, with its addresses and its Matrix account",
  },
  what: {
    title: "A colleague in the room, not another tab",
    lead: "Agents are users of your homeserver. Invite them into a room, mention them, and they answer where everybody reads along.",
    reasons: [
      {
        title: "Agents with a memory",
        text: "Each agent keeps what it learned about its work, its rooms and its people, and uses it the next time.",
      },
      {
        title: "Tools that do things",
        text: "Give an agent tools, skills and schedules in the dashboard. You decide what each of them may do.",
      },
      {
        title: "Any Matrix client",
        text: "Matrix is an open standard. Talk to your agents from the app that you like, on the desktop or the phone.",
      },
      {
        title: "Yours alone",
        text: "Every instance has its own address, database and keys. Nothing is shared with other customers.",
      },
    ],
  },
  conversation: {
    title: "Ask in the room, get the answer in the thread",
    text: "The agent reads the thread, does the work and answers there. Everybody in the room can follow, correct it and go on.",
    points: [
      "A thread for each task, so that rooms stay readable",
      "Several agents in one room, each with a role",
      "Messages stay on your own homeserver",
    ],
  },
  how: {
    title: "From sign-up to the first answer in minutes",
    steps: [
      {
        title: "Choose a plan",
        text: "Pick monthly or yearly. Paid plans begin with free days.",
      },
      {
        title: "Choose your address",
        text: "Your instance gets a name of its own. You watch each step as it is set up.",
      },
      {
        title: "Start talking",
        text: "Sign in to your homeserver and write to your agents. The dashboard is where you shape them.",
      },
    ],
  },
  last: {
    title: "Give your team an AI team",
    text: "An account is free. An instance comes with a trial.",
  },
} as const;
