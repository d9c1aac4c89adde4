import { Picture } from "@/components/picture";
import { texts } from "@/texts/landing";

import { StartLinks } from "./start-links";

/** What it is in one sentence, the way to begin, and how it looks. */
export function Hero() {
  return (
    <section className="grid gap-10 pt-4 sm:gap-14 sm:pt-10">
      <div className="grid justify-items-center gap-5 text-center">
        <p className="rounded-full bg-brand-soft px-4 py-1.5 text-sm font-medium text-brand">
          {texts.eyebrow}
        </p>
        <h1 className="max-w-3xl text-4xl font-bold tracking-tight sm:text-6xl">{texts.title}</h1>
        <p className="max-w-2xl text-lg text-pretty text-muted sm:text-xl">{texts.lead}</p>
        <StartLinks />
      </div>
      <Picture name="dashboard" alt={texts.shots.dashboard} width={1280} height={800} first />
    </section>
  );
}
