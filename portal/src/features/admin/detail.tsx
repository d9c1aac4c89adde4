"use client";

import type { UseQueryResult } from "@tanstack/react-query";
import { SearchX } from "lucide-react";
import { useSearchParams } from "next/navigation";
import type { ReactNode } from "react";

import { Empty } from "@/components/empty";
import { ErrorNotice } from "@/components/error-notice";
import { Loading } from "@/components/loading";
import { Skeleton } from "@/components/ui/skeleton";
import { ProblemError } from "@/lib/problem";

/** The number in `?id=`; none for anything else. */
export function useNumber(): number | null {
  const text = useSearchParams().get("id") ?? "";
  return /^[1-9]\d{0,14}$/.test(text) ? Number(text) : null;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** The UUID in `?id=`; none for anything else. */
export function useUuid(): string | null {
  const text = useSearchParams().get("id") ?? "";
  return UUID.test(text) ? text : null;
}

interface DetailOfProps<One> {
  result: UseQueryResult<One>;
  /** Whether the address names one at all. */
  known: boolean;
  /** What is said when there is no such one. */
  none: { title: string; text: string };
  children: (one: One) => ReactNode;
}

/** One thing that was asked for, in each of the ways that this can go. */
export function DetailOf<One>({ result, known, none, children }: DetailOfProps<One>) {
  const missing = result.error instanceof ProblemError && result.error.status === 404;
  if (!known || missing) {
    return <Empty icon={<SearchX aria-hidden className="size-6" />} {...none} />;
  }
  if (result.data === undefined) {
    if (result.isError) {
      return <ErrorNotice error={result.error} retry={() => void result.refetch()} />;
    }
    return (
      <Loading>
        <Skeleton className="h-80" />
      </Loading>
    );
  }
  return (
    <>
      {result.isError && <ErrorNotice error={result.error} retry={() => void result.refetch()} />}
      {children(result.data)}
    </>
  );
}
