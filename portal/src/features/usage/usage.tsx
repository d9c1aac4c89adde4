"use client";

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { ChartColumn } from "lucide-react";
import { useRouter, useSearchParams } from "next/navigation";
import { Suspense } from "react";

import { Empty } from "@/components/empty";
import { ErrorNotice } from "@/components/error-notice";
import { Loading } from "@/components/loading";
import { Page } from "@/components/page";
import { Segmented } from "@/components/ui/segmented";
import { Skeleton } from "@/components/ui/skeleton";
import { done } from "@/lib/api";
import { useServices } from "@/lib/services";
import { NeedsSession } from "@/lib/session";
import { texts } from "@/texts/usage";

import { UsageCharts } from "./usage-charts";

const PERIODS = ["7", "30", "90", "365"] as const;

type Period = (typeof PERIODS)[number];

const OPTIONS = PERIODS.map((value) => ({ value, label: texts.days(Number(value)) }));

/** `/usage?days=30`: what was used, day by day, against what the plan allows. */
export function UsagePage() {
  return (
    <Page title={texts.title} lead={texts.lead}>
      <Suspense fallback={<Loading />}>
        <NeedsSession>
          <MyUsage />
        </NeedsSession>
      </Suspense>
    </Page>
  );
}

function MyUsage() {
  const { api } = useServices();
  const router = useRouter();
  const asked = useSearchParams().get("days");
  const period: Period = PERIODS.find((days) => days === asked) ?? "30";
  const days = Number(period);
  const usage = useQuery({
    queryKey: ["usage", days],
    queryFn: ({ signal }) => done(api.GET("/my/usage", { params: { query: { days } }, signal })),
    placeholderData: keepPreviousData,
  });
  return (
    <>
      <Segmented
        label={texts.period}
        value={period}
        options={OPTIONS}
        onChange={(chosen) => router.replace(`/usage?days=${chosen}`)}
      />
      {usage.isPending && <Waiting />}
      {usage.isError && <ErrorNotice error={usage.error} retry={() => void usage.refetch()} />}
      {usage.data && usage.data.usage.length === 0 && (
        <Empty icon={<ChartColumn aria-hidden className="size-6" />} {...texts.none} />
      )}
      {usage.data && usage.data.usage.length > 0 && <UsageCharts usage={usage.data} days={days} />}
    </>
  );
}

function Waiting() {
  return (
    <Loading label={texts.loading}>
      <div className="grid gap-6 lg:grid-cols-2">
        {[0, 1, 2].map((at) => (
          <Skeleton key={at} className="h-80" />
        ))}
      </div>
    </Loading>
  );
}
