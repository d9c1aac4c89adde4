import { When } from "@/components/when";

interface Entry {
  id: number;
  created_at: string;
}

interface EntriesProps<E extends Entry> {
  entries: readonly E[];
  /** Said when there are none. */
  empty: string;
  sentence: (entry: E) => string;
  /** More about it, below. */
  more?: (entry: E) => string | null;
}

/** What was done, one line each, in the order in which it comes. */
export function Entries<E extends Entry>({ entries, empty, sentence, more }: EntriesProps<E>) {
  if (entries.length === 0) return <p className="text-sm text-muted">{empty}</p>;
  return (
    <ol className="grid divide-y divide-line" data-testid="activity">
      {entries.map((entry) => {
        const aside = more?.(entry);
        return (
          <li
            key={entry.id}
            className="flex flex-wrap items-baseline justify-between gap-x-4 py-2 text-sm first:pt-0 last:pb-0"
          >
            <span className="min-w-0 wrap-anywhere">
              {sentence(entry)}
              {aside && <span className="block text-muted">{aside}</span>}
            </span>
            <span className="text-muted">
              <When at={entry.created_at} />
            </span>
          </li>
        );
      })}
    </ol>
  );
}
