import type { UseQueryResult } from "@tanstack/react-query";

import { DailyTable } from "@/components/charts/daily-table";
import { LazyDailyChart } from "@/components/charts/lazy-daily-chart";
import { ErrorNotice } from "@/components/error-notice";
import { Loading } from "@/components/loading";
import { Section } from "@/components/section";
import { Skeleton } from "@/components/ui/skeleton";
import { money, number } from "@/lib/format";
import { texts as admin } from "@/texts/admin";

import {
  type AdminDashboard,
  type DailyFigure,
  shortMoney,
  sumOf,
  valuesOf,
} from "./daily-figures";

const { days: texts } = admin.overview;

const FIGURES: readonly DailyFigure[] = ["signups", "instances", "paid", "ended"];

/** How the last thirty days went: a chart for each figure. */
export function Days({ result }: { result: UseQueryResult<AdminDashboard> }) {
  if (result.isPending) return <Waiting />;
  return (
    <>
      {result.isError && <ErrorNotice error={result.error} retry={() => void result.refetch()} />}
      {result.data && <Shown dashboard={result.data} />}
    </>
  );
}

function Shown({ dashboard }: { dashboard: AdminDashboard }) {
  return (
    <div className="grid items-start gap-4 md:grid-cols-2" data-testid="days">
      {FIGURES.map((figure) => (
        <One key={figure} figure={figure} dashboard={dashboard} />
      ))}
    </div>
  );
}

interface OneProps {
  figure: DailyFigure;
  dashboard: AdminDashboard;
}

function One({ figure, dashboard: { days, monthly_revenue } }: OneProps) {
  const { title, means } = texts[figure];
  const { currency } = monthly_revenue;
  const sum = sumOf(days, figure);
  const isMoney = figure === "paid";
  const textOf = isMoney ? (value: number) => money(value, currency) : number;
  const axis = isMoney ? { axisTextOf: (value: number) => shortMoney(value, currency) } : {};
  const values = valuesOf(days, figure);
  return (
    <Section
      title={title}
      lead={means}
      aside={<span className="text-sm">{texts.sum(textOf(sum))}</span>}
      testId={`days-${figure}`}
    >
      {sum === 0 ? (
        <p className="text-sm text-muted">{texts.none}</p>
      ) : (
        <>
          <LazyDailyChart days={values} textOf={textOf} {...axis} small />
          <DailyTable title={title} days={values} textOf={textOf} />
        </>
      )}
    </Section>
  );
}

function Waiting() {
  return (
    <Loading>
      <div className="grid gap-4 md:grid-cols-2">
        {FIGURES.map((figure) => (
          <Skeleton key={figure} className="h-72" />
        ))}
      </div>
    </Loading>
  );
}
