import { Picture } from "@/components/picture";
import { texts } from "@/texts/landing";

import { SectionTitle } from "./section-title";

/** From sign-up to the first answer. */
export function HowItWorks() {
  const { title, steps } = texts.how;
  return (
    <section aria-labelledby="how" className="grid gap-10">
      <SectionTitle id="how" title={title} />
      <ol className="grid gap-6 sm:grid-cols-3">
        {steps.map((step, at) => (
          <li key={step.title} className="grid content-start gap-2">
            <span
              aria-hidden
              className="grid size-9 place-items-center rounded-full bg-brand font-semibold text-on-brand"
            >
              {at + 1}
            </span>
            <h3 className="font-semibold">{step.title}</h3>
            <p className="text-pretty text-muted">{step.text}</p>
          </li>
        ))}
      </ol>
      <Picture
        name="instance"
        alt={texts.shots.instance}
        width={1280}
        height={800}
        className="mx-auto w-full max-w-4xl"
      />
    </section>
  );
}
