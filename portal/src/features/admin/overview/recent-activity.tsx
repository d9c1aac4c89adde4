import { Section } from "@/components/section";
import { sentenceOf } from "@/features/activity/activity-sentence";
import { Entries } from "@/features/activity/entries";
import type { Activity } from "@/lib/api";
import { texts as admin } from "@/texts/admin";

const { overview: texts } = admin;

/** What was changed last, by whom. */
export function RecentActivity({ entries }: { entries: readonly Activity[] }) {
  return (
    <Section title={texts.activity} lead={texts.activityMeans}>
      <Entries entries={entries} empty={texts.noActivity} sentence={sentenceOf} />
    </Section>
  );
}
