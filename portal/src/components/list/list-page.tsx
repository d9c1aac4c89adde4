"use client";

import type { UseQueryResult } from "@tanstack/react-query";
import { Inbox, SearchX } from "lucide-react";
import { usePathname, useRouter } from "next/navigation";
import { type ReactNode, useState } from "react";

import { Empty } from "@/components/empty";
import { ErrorNotice } from "@/components/error-notice";
import { Loading } from "@/components/loading";
import { Button } from "@/components/ui/button";
import { Skeleton } from "@/components/ui/skeleton";
import { texts } from "@/texts/list";

import { type Column, DataTable, type Selection } from "./data-table";
import { type FilterLook, Filters } from "./filters";
import { type ListQuery, type ListSpec, searchOf, sortedBy } from "./list-query";
import { Pager } from "./pager";
import { type Details, detailsColumn, RowDetails, useOpenRow } from "./row-details";

interface ListPageProps<Row, Filter extends string> {
  /** What the rows are, in the plural. */
  what: string;
  columns: readonly Column<Row>[];
  keyOf: (row: Row) => string;
  spec: ListSpec<Filter>;
  query: ListQuery<Filter>;
  looks?: readonly FilterLook<Filter>[];
  searchable?: boolean;
  result: UseQueryResult<{ data: Row[]; total: number }>;
  details?: Details<Row>;
  /** What can be done with several rows: rows chosen, and what unchooses them. */
  bulk?: {
    nameOf: (row: Row) => string;
    bar: (rows: Row[], unselect: () => void) => ReactNode;
  };
}

/** A table with search, filters, orders and pages of the server; where one is stands in the address. */
export function ListPage<Row, Filter extends string>(props: ListPageProps<Row, Filter>) {
  const { what, spec, query, looks = [], searchable = true, result } = props;
  const router = useRouter();
  const pathname = usePathname();
  const go = (next: Partial<ListQuery<Filter>>) =>
    router.push(pathname + searchOf({ ...query, page: 1, ...next }, spec));
  return (
    <>
      {(searchable || looks.length > 0) && (
        <Filters
          what={what}
          query={query}
          looks={looks}
          searchable={searchable}
          sorts={sortsOf(props.columns)}
          go={go}
        />
      )}
      {result.isPending && (
        <Loading>
          <Skeleton className="h-96" />
        </Loading>
      )}
      {result.isError && <ErrorNotice error={result.error} retry={() => void result.refetch()} />}
      {result.data && <Found {...props} found={result.data} go={go} />}
    </>
  );
}

function sortsOf<Row>(columns: readonly Column<Row>[]) {
  return columns.flatMap(({ sort, name }) => (sort ? [{ field: sort, name }] : []));
}

interface FoundProps<Row, Filter extends string> extends ListPageProps<Row, Filter> {
  found: { data: Row[]; total: number };
  go: (next: Partial<ListQuery<Filter>>) => void;
}

function Found<Row, Filter extends string>(props: FoundProps<Row, Filter>) {
  const { what, columns, keyOf, query, found, go, bulk, details } = props;
  const [chosen, choose] = useState<ReadonlySet<string>>(new Set());
  const { open, show } = useOpenRow();
  if (found.data.length === 0) return <Nothing what={what} query={query} found={found} go={go} />;
  const selection: Selection<Row> | undefined = bulk && { chosen, choose, nameOf: bulk.nameOf };
  // What is no longer on the page is no longer chosen: nothing is done to rows that nobody sees.
  const rows = found.data.filter((row) => chosen.has(keyOf(row)));
  return (
    <>
      {bulk && rows.length > 0 && bulk.bar(rows, () => choose(new Set()))}
      <DataTable
        what={what}
        columns={
          details ? [...columns, detailsColumn(details, (row) => show(keyOf(row)))] : columns
        }
        keyOf={keyOf}
        rows={found.data}
        query={query}
        sortBy={(field) => go(sortedBy(query, field))}
        selection={selection}
      />
      {details && (
        <RowDetails
          details={details}
          row={found.data.find((row) => keyOf(row) === open)}
          close={() => show(null)}
        />
      )}
      <Pager page={query.page} total={found.total} goTo={(page) => go({ page })} />
    </>
  );
}

type NothingProps<Row, Filter extends string> = Pick<
  FoundProps<Row, Filter>,
  "what" | "query" | "found" | "go"
>;

/** Why there is nothing: the page is past the end, the filters find nothing, or there is nothing at all. */
function Nothing<Row, Filter extends string>(props: NothingProps<Row, Filter>) {
  const { what, query, found, go } = props;
  if (found.total > 0) {
    return (
      <Empty
        icon={<SearchX aria-hidden className="size-6" />}
        title={texts.empty(what)}
        text={texts.beyond}
      >
        <Button variant="secondary" onClick={() => go({})}>
          {texts.toFirst}
        </Button>
      </Empty>
    );
  }
  const filtered = query.q !== "" || Object.keys(query.filters).length > 0;
  const Icon = filtered ? SearchX : Inbox;
  return (
    <Empty
      icon={<Icon aria-hidden className="size-6" />}
      title={filtered ? texts.empty(what) : texts.nothingYet(what)}
      text={filtered ? texts.emptyHint : ""}
    />
  );
}
