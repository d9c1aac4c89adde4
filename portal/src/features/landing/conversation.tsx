import { Check } from "lucide-react";

import { Picture } from "@/components/picture";
import { texts } from "@/texts/landing";

/** How talking to an agent looks. */
export function Conversation() {
  const { title, text, points } = texts.conversation;
  return (
    <section
      aria-labelledby="conversation"
      className="grid items-center gap-8 lg:grid-cols-[2fr_3fr] lg:gap-12"
    >
      <div className="grid gap-4">
        <h2 id="conversation" className="text-3xl font-bold tracking-tight sm:text-4xl">
          {title}
        </h2>
        <p className="text-lg text-pretty text-muted">{text}</p>
        <ul className="grid gap-2">
          {points.map((point) => (
            <li key={point} className="flex gap-2">
              <Check aria-hidden className="mt-0.5 size-5 shrink-0 text-good" />
              {point}
            </li>
          ))}
        </ul>
      </div>
      <Picture name="conversation" alt={texts.shots.conversation} width={1024} height={720} />
    </section>
  );
}
