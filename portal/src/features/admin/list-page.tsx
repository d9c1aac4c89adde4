"use client";

import type { UseQueryResult } from "@tanstack/react-query";
import { usePathname, useRouter } from "next/navigation";
import { type FormEvent, type ReactNode, useId } from "react";

import { ErrorNotice } from "@/components/error-notice";
import { Loading } from "@/components/loading";
import { Button } from "@/components/ui/button";
import { Input } from "@/components/ui/input";
import { words } from "@/lib/format";

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
  result: UseQueryResult<{ data: Row[]; total: number }>;
}

/** A table with search, filter and pages; where one is stands in the address. */
export function ListPage<Row>({ query, statuses, result, what, ...table }: ListPageProps<Row>) {
  const router = useRouter();
  const pathname = usePathname();
  const go = (next: Partial<PageQuery>) =>
    router.push(pathname + searchOf({ ...query, page: 1, ...next }));
  return (
    <>
      <Filter key={query.q} query={query} statuses={statuses} go={go} what={what} />
      {result.isPending && <Loading />}
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
  go: (next: Partial<PageQuery>) => void;
}

function Filter({ what, query, statuses, go }: FilterProps) {
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
          aria-label={`Search ${what}`}
          placeholder={`Search ${what}`}
          defaultValue={query.q}
          maxLength={200}
        />
        <Button type="submit" variant="secondary">
          Search
        </Button>
      </div>
      <div className="flex items-center gap-2">
        <label htmlFor={status} className="text-sm text-muted">
          Status
        </label>
        <select
          id={status}
          value={query.status}
          onChange={(event) => go({ status: event.target.value })}
          className="min-h-10 rounded-lg border border-field bg-surface px-3 py-2"
        >
          <option value="">all</option>
          {statuses.map((word) => (
            <option key={word} value={word}>
              {words(word)}
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
      <p className="rounded-xl border border-dashed border-line p-6 text-center text-muted">
        No {what} here.
      </p>
    );
  }
  return (
    <div className="overflow-x-auto rounded-xl border border-line bg-surface" tabIndex={0}>
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
    <nav aria-label="Pages" className="flex flex-wrap items-center justify-between gap-3">
      <p className="text-sm text-muted" data-testid="total">
        {total} in all, page {page} of {last}
      </p>
      <div className="flex gap-2">
        <Button
          variant="secondary"
          size="small"
          disabled={page <= 1}
          onClick={() => go({ page: Math.min(page - 1, last) })}
        >
          Previous
        </Button>
        <Button
          variant="secondary"
          size="small"
          disabled={page >= last}
          onClick={() => go({ page: page + 1 })}
        >
          Next
        </Button>
      </div>
    </nav>
  );
}
