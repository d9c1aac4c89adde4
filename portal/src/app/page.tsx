import { Bot, Building2, KeyRound } from "lucide-react";

import { Plans } from "@/features/pricing/plans";

const REASONS = [
  {
    icon: Bot,
    title: "Agents that remember",
    text: "A team of AI agents that work in your rooms, with tools and a memory of their own.",
  },
  {
    icon: Building2,
    title: "A homeserver of your own",
    text: "Your own Matrix homeserver, open to any Matrix client that you like.",
  },
  {
    icon: KeyRound,
    title: "Yours alone",
    text: "Every instance has its own address, database and keys. Nothing is shared with other customers.",
  },
];

export default function HomePage() {
  return (
    <div className="mx-auto grid max-w-5xl gap-14">
      <section className="grid gap-4 pt-4 text-center sm:pt-10">
        <h1 className="text-3xl font-bold tracking-tight text-balance sm:text-5xl">
          Your own AI team, in your own Matrix homeserver
        </h1>
        <p className="mx-auto max-w-2xl text-lg text-pretty text-muted">
          MindRoom is a chatbot platform that lives where your team talks. Choose a plan, and a
          private instance is yours within minutes.
        </p>
      </section>
      <section aria-label="What it is" className="grid gap-4 sm:grid-cols-3">
        {REASONS.map(({ icon: Icon, title, text }) => (
          <div key={title} className="grid content-start gap-2">
            <Icon aria-hidden className="size-6 text-brand" />
            <h2 className="font-semibold">{title}</h2>
            <p className="text-muted">{text}</p>
          </div>
        ))}
      </section>
      <Plans />
    </div>
  );
}
