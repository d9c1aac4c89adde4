"use client";

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useSearchParams } from "next/navigation";

import { listQueryOf, type ListSpec, rowsOf } from "./list-query";

type Rows<Filter extends string> = ReturnType<typeof rowsOf<Filter>>;

interface ListSource<Answer, Filter extends string> {
  /** Its key among the answers that are kept. */
  key: string;
  spec: ListSpec<Filter>;
  ask: (rows: Rows<Filter>, signal: AbortSignal) => Promise<Answer>;
  /** How often it is read again (milliseconds). */
  every?: number;
}

/** The rows that the page's address asks for. */
export function useList<Answer extends { data: unknown[]; total: number }, Filter extends string>(
  source: ListSource<Answer, Filter>,
) {
  const { key, spec, ask, every } = source;
  const query = listQueryOf(useSearchParams(), spec);
  const result = useQuery({
    queryKey: ["admin", key, query],
    queryFn: ({ signal }) => ask(rowsOf(query), signal),
    placeholderData: keepPreviousData,
    refetchInterval: every ?? false,
  });
  return { spec, query, result };
}
