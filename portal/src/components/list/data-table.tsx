"use client";

import { ArrowDown, ArrowUp, ChevronsUpDown } from "lucide-react";
import type { ReactNode } from "react";

import { cn } from "@/lib/cn";
import { texts } from "@/texts/list";

import type { ListQuery } from "./list-query";

export interface Column<Row> {
  name: string;
  cell: (row: Row) => ReactNode;
  /** The API's name of the field, where it can sort by it. */
  sort?: string;
  /** Numbers stand at the end of their column. */
  end?: boolean;
}

/** Which rows are chosen, by key. */
export interface Selection<Row> {
  chosen: ReadonlySet<string>;
  choose: (keys: ReadonlySet<string>) => void;
  /** What a row is called. */
  nameOf: (row: Row) => string;
}

interface DataTableProps<Row> {
  /** What the rows are, in the plural. */
  what: string;
  columns: readonly Column<Row>[];
  keyOf: (row: Row) => string;
  rows: readonly Row[];
  /** How it is sorted, and what a click on a heading does; without it the order is the API's. */
  query?: Pick<ListQuery, "sort" | "order"> | undefined;
  sortBy?: ((field: string) => void) | undefined;
  selection?: Selection<Row> | undefined;
}

/** Rows and columns; on a phone each row is a card of its own, and what does not fit moves sideways by itself. */
export function DataTable<Row>(props: DataTableProps<Row>) {
  const { what, columns, keyOf, rows, query, sortBy, selection } = props;
  return (
    <div
      className="overflow-x-auto rounded-xl border border-line bg-surface"
      tabIndex={0}
      role="region"
      aria-label={what}
    >
      {/* The roles are a table's own, which a phone's layout would take from it. */}
      <table
        role="table"
        className={cn(
          "w-full text-left text-sm max-sm:block",
          columns.length > 5 && "sm:min-w-3xl",
        )}
        data-testid="rows"
      >
        <thead role="rowgroup" className="border-b border-line bg-raised text-muted max-sm:sr-only">
          <tr role="row">
            {selection && <SelectAll rows={rows} keyOf={keyOf} selection={selection} />}
            {columns.map((column) => (
              <Heading key={column.name} column={column} query={query} sortBy={sortBy} />
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup" className="max-sm:block">
          {rows.map((row) => (
            <tr
              key={keyOf(row)}
              role="row"
              className="border-b border-line last:border-0 hover:bg-raised/60 has-checked:bg-brand-soft/50 max-sm:grid max-sm:gap-2 max-sm:px-4 max-sm:py-3"
            >
              {selection && <SelectOne row={row} id={keyOf(row)} selection={selection} />}
              {columns.map(({ name, cell, end }) => (
                <td
                  key={name}
                  role="cell"
                  className={cn(
                    "px-4 py-2.5 align-top max-sm:grid max-sm:grid-cols-[6rem_1fr] max-sm:gap-3 max-sm:p-0",
                    end && "tabular-nums sm:text-right",
                  )}
                >
                  <span aria-hidden className="text-muted sm:hidden">
                    {name}
                  </span>
                  <span className="min-w-0 max-sm:wrap-anywhere">{cell(row)}</span>
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface HeadingProps<Row> extends Pick<DataTableProps<Row>, "query" | "sortBy"> {
  column: Column<Row>;
}

function Heading<Row>({ column: { name, sort, end }, query, sortBy }: HeadingProps<Row>) {
  const look = cn("px-4 py-2 font-medium whitespace-nowrap", end && "text-right");
  if (sort === undefined || !sortBy) {
    return (
      <th scope="col" role="columnheader" className={look}>
        {name}
      </th>
    );
  }
  const order = query?.sort === sort ? query.order : null;
  const Icon = order === null ? ChevronsUpDown : order === "ASC" ? ArrowUp : ArrowDown;
  const sorted = order === null ? "none" : order === "ASC" ? "ascending" : "descending";
  return (
    <th scope="col" role="columnheader" className={look} aria-sort={sorted}>
      <button
        type="button"
        className="-mx-2 inline-flex min-h-8 items-center gap-1 rounded-md px-2 hover:text-ink"
        aria-label={texts.sortBy(name)}
        onClick={() => sortBy(sort)}
      >
        {name}
        <Icon aria-hidden className={cn("size-3.5", order === null && "opacity-60")} />
      </button>
    </th>
  );
}

const BOX = "size-4 accent-brand align-middle";

interface SelectAllProps<Row> extends Pick<DataTableProps<Row>, "rows" | "keyOf"> {
  selection: Selection<Row>;
}

function SelectAll<Row>({ rows, keyOf, selection: { chosen, choose } }: SelectAllProps<Row>) {
  const keys = rows.map(keyOf);
  const all = keys.length > 0 && keys.every((key) => chosen.has(key));
  return (
    <th scope="col" role="columnheader" className="w-10 py-2 pl-4">
      <input
        type="checkbox"
        className={BOX}
        aria-label={texts.selectAll}
        checked={all}
        onChange={() => choose(new Set(all ? [] : keys))}
      />
    </th>
  );
}

interface SelectOneProps<Row> {
  row: Row;
  id: string;
  selection: Selection<Row>;
}

function SelectOne<Row>({ row, id, selection: { chosen, choose, nameOf } }: SelectOneProps<Row>) {
  const toggle = () => {
    const next = new Set(chosen);
    if (!next.delete(id)) next.add(id);
    choose(next);
  };
  return (
    <td role="cell" className="w-10 py-2.5 pl-4 align-top max-sm:w-auto max-sm:p-0">
      <input
        type="checkbox"
        className={BOX}
        aria-label={texts.select(nameOf(row))}
        checked={chosen.has(id)}
        onChange={toggle}
      />
    </td>
  );
}
