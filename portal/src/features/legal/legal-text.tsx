import { Page } from "@/components/page";
import type { LegalDocument } from "@/texts/legal";

/** A text in sections, made to be read. */
export function LegalText({ text }: { text: LegalDocument }) {
  return (
    <div className="mx-auto max-w-3xl">
      <Page title={text.title} lead={text.lead}>
        {text.sections.map(({ title, paragraphs }) => (
          <section key={title} className="grid gap-2">
            <h2 className="text-lg font-semibold">{title}</h2>
            {paragraphs.map((paragraph) => (
              <p key={paragraph} className="leading-relaxed text-pretty">
                {paragraph}
              </p>
            ))}
          </section>
        ))}
      </Page>
    </div>
  );
}
