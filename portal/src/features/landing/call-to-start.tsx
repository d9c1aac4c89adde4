import { texts } from "@/texts/landing";

import { SectionTitle } from "./section-title";
import { StartLinks } from "./start-links";

/** The end of the page: the way to begin once more. */
export function CallToStart() {
  return (
    <section className="grid gap-6 rounded-2xl bg-brand-soft px-6 py-12 sm:py-16">
      <SectionTitle title={texts.last.title} lead={texts.last.text} />
      <StartLinks />
    </section>
  );
}
