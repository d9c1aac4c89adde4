"use client";

import type { UseQueryResult } from "@tanstack/react-query";
import { SearchX } from "lucide-react";
import { usePathname, useRouter } from "next/navigation";
import { type FormEvent, type ReactNode, useId } from "react";

import { Empty } from "@/components/empty";
import { ErrorNotice } from "@/components/error-notice";
import { Loading } from "@/components/loading";
import { Button } from "@/components/ui/button";
import { Input } from "@/components/ui/input";
import { Skeleton } from "@/components/ui/skeleton";

import { texts } from "@/texts/admin";

import { type PageQuery, ROWS, searchOf } from "./page-query";

export interface Column<Row> {
  name: string;
  cell: (row: Row) => ReactNode;
}

interface ListPageProps<Row> {
  /** What the rows are, in the plural. */
  what: string;
  columns: readonly Column<Row>[];
  keyOf: (row: Row) => string;
  query: PageQuery;
  statuses: readonly string[];
  /** A status for people. */
  labelOf: (status: string) => string;
  result: UseQueryResult<{ data: Row[]; total: number }>;
}

/** A table with search, filter and pages; where one is stands in the address. */
export function ListPage<Row>(props: ListPageProps<Row>) {
  const { query, statuses, labelOf, result, what, ...table } = props;
  const router = useRouter();
  const pathname = usePathname();
  const go = (next: Partial<PageQuery>) =>
    router.push(pathname + searchOf({ ...query, page: 1, ...next }));
  return (
    <>
      <Filter
        key={query.q}
        query={query}
        statuses={statuses}
        labelOf={labelOf}
        go={go}
        what={what}
      />
      {result.isPending && (
        <Loading>
          <Skeleton className="h-96" />
        </Loading>
      )}
      {result.isError && <ErrorNotice error={result.error} retry={() => void result.refetch()} />}
      {result.data && (
        <>
          <Table {...table} what={what} rows={result.data.data} />
          <Pages page={query.page} total={result.data.total} go={go} />
        </>
      )}
    </>
  );
}

interface FilterProps {
  what: string;
  query: PageQuery;
  statuses: readonly string[];
  labelOf: (status: string) => string;
  go: (next: Partial<PageQuery>) => void;
}

function Filter({ what, query, statuses, labelOf, go }: FilterProps) {
  const status = useId();
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const typed = new FormData(event.currentTarget).get("q");
    go({ q: typeof typed === "string" ? typed.trim() : "" });
  };
  return (
    <form role="search" className="flex flex-wrap items-end gap-3" onSubmit={submit}>
      <div className="flex min-w-56 flex-1 gap-2">
        <Input
          name="q"
          type="search"
          aria-label={texts.search(what)}
          placeholder={texts.search(what)}
          defaultValue={query.q}
          maxLength={200}
        />
        <Button type="submit" variant="secondary">
          {texts.searchAction}
        </Button>
      </div>
      <div className="flex items-center gap-2">
        <label htmlFor={status} className="text-sm text-muted">
          {texts.status}
        </label>
        <select
          id={status}
          value={query.status}
          onChange={(event) => go({ status: event.target.value })}
          className="min-h-10 rounded-lg border border-field bg-surface px-3 py-2"
        >
          <option value="">{texts.all}</option>
          {statuses.map((word) => (
            <option key={word} value={word}>
              {labelOf(word)}
            </option>
          ))}
        </select>
      </div>
    </form>
  );
}

interface TableProps<Row> extends Pick<ListPageProps<Row>, "what" | "columns" | "keyOf"> {
  rows: readonly Row[];
}

function Table<Row>({ what, columns, keyOf, rows }: TableProps<Row>) {
  if (rows.length === 0) {
    return (
      <Empty
        icon={<SearchX aria-hidden className="size-6" />}
        title={texts.empty(what)}
        text={texts.emptyHint}
      />
    );
  }
  return (
    <div
      className="overflow-x-auto rounded-xl border border-line bg-surface"
      tabIndex={0}
      role="region"
      aria-label={what}
    >
      <table className="w-full min-w-3xl text-left text-sm" data-testid="rows">
        <thead className="border-b border-line bg-raised text-muted">
          <tr>
            {columns.map(({ name }) => (
              <th key={name} scope="col" className="px-4 py-2 font-medium whitespace-nowrap">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)} className="border-b border-line last:border-0">
              {columns.map(({ name, cell }) => (
                <td key={name} className="px-4 py-2.5 align-top">
                  {cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface PagesProps {
  page: number;
  total: number;
  go: (next: Partial<PageQuery>) => void;
}

function Pages({ page, total, go }: PagesProps) {
  const last = Math.max(1, Math.ceil(total / ROWS));
  return (
    <nav aria-label={texts.pages} className="flex flex-wrap items-center justify-between gap-3">
      <p className="text-sm text-muted" data-testid="total">
        {texts.total(total, page, last)}
      </p>
      <div className="flex gap-2">
        <Button
          variant="secondary"
          size="small"
          disabled={page <= 1}
          onClick={() => go({ page: Math.min(page - 1, last) })}
        >
          {texts.previous}
        </Button>
        <Button
          variant="secondary"
          size="small"
          disabled={page >= last}
          onClick={() => go({ page: page + 1 })}
        >
          {texts.next}
        </Button>
      </div>
    </nav>
  );
}
