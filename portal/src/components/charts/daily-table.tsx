import { DataTable } from "@/components/list/data-table";
import { When } from "@/components/when";
import { texts } from "@/texts/charts";

import { type DayValue, valueText } from "./day-value";

interface DailyTableProps {
  /** What is counted. */
  title: string;
  days: readonly DayValue[];
  textOf: (value: number) => string;
}

/** What a chart by day shows, in words, the newest day first; folded up until somebody wants it. */
export function DailyTable({ title, days, textOf }: DailyTableProps) {
  return (
    <details>
      <summary className="text-sm text-brand">{texts.asTable}</summary>
      <div className="mt-3 max-h-72 overflow-y-auto">
        <DataTable
          what={title}
          columns={[
            { name: texts.day, cell: ({ day }) => <When at={day} to="day" /> },
            { name: title, cell: ({ value }) => valueText(value, textOf), end: true },
          ]}
          rows={days.toReversed()}
          keyOf={({ day }) => day}
        />
      </div>
    </details>
  );
}
