"use client";

import { type FormEvent, useId } from "react";

import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Input } from "@/components/ui/input";
import { Select } from "@/components/ui/select";
import { words } from "@/lib/format";
import { texts } from "@/texts/list";

import type { ListQuery } from "./list-query";

/** A filter with its words for people. */
export interface FilterLook<Filter extends string> {
  name: Filter;
  label: string;
  /** What it can be; a day without. */
  options?: readonly { value: string; label: string }[];
}

interface FiltersProps<Filter extends string> {
  what: string;
  query: ListQuery<Filter>;
  looks: readonly FilterLook<Filter>[];
  /** Whether the list can be searched. */
  searchable: boolean;
  /** What it can be sorted by, for phones: their rows have no headings to press. */
  sorts: readonly { field: string; name: string }[];
  go: (next: Partial<ListQuery<Filter>>) => void;
}

/** Search and filters; each change leads to the first page of what it finds. */
export function Filters<Filter extends string>(props: FiltersProps<Filter>) {
  const { what, query, looks, searchable, sorts, go } = props;
  const set = (name: Filter, value: string) => {
    const others = Object.entries<string | undefined>(query.filters).filter(
      ([key]) => key !== name,
    );
    const filters = Object.fromEntries(value === "" ? others : [...others, [name, value]]);
    go({ filters: filters as ListQuery<Filter>["filters"] });
  };
  const shown = new Set<string>(looks.map(({ name }) => name));
  const hidden = Object.entries<string | undefined>(query.filters).filter(
    ([name]) => !shown.has(name),
  );
  const isSet = query.q !== "" || Object.keys(query.filters).length > 0;
  return (
    <div className="flex flex-wrap items-center gap-3">
      {searchable && <Search key={query.q} what={what} q={query.q} search={(q) => go({ q })} />}
      {looks.map(({ name, label, options }) =>
        options ? (
          <Select
            key={name}
            label={label}
            value={query.filters[name] ?? ""}
            options={[{ value: "", label: texts.all }, ...options]}
            onChange={(event) => set(name, event.target.value)}
          />
        ) : (
          <Day
            key={name}
            label={label}
            value={query.filters[name] ?? ""}
            choose={(day) => set(name, day)}
          />
        ),
      )}
      {sorts.length > 0 && <Sort sorts={sorts} query={query} go={go} />}
      {hidden.map(([name, value]) => (
        <Badge key={name} className="max-w-full">
          <span className="truncate">{texts.only(words(name), value ?? "")}</span>
        </Badge>
      ))}
      {isSet && (
        <Button
          variant="ghost"
          size="small"
          onClick={() => go({ q: "", filters: {} as ListQuery<Filter>["filters"] })}
        >
          {texts.clear}
        </Button>
      )}
    </div>
  );
}

type SortProps<Filter extends string> = Pick<FiltersProps<Filter>, "sorts" | "query" | "go">;

function Sort<Filter extends string>({ sorts, query, go }: SortProps<Filter>) {
  const options = sorts.flatMap(({ field, name }) => [
    { value: `${field} ASC`, label: texts.ascending(name) },
    { value: `${field} DESC`, label: texts.descending(name) },
  ]);
  return (
    <Select
      label={texts.sort}
      className="sm:hidden"
      labelClassName="sm:hidden"
      value={`${query.sort} ${query.order}`}
      options={options}
      onChange={(event) => {
        const [sort = "", order] = event.target.value.split(" ");
        go({ sort, order: order === "DESC" ? "DESC" : "ASC" });
      }}
    />
  );
}

interface SearchProps {
  what: string;
  q: string;
  search: (q: string) => void;
}

function Search({ what, q, search }: SearchProps) {
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const typed = new FormData(event.currentTarget).get("q");
    search(typeof typed === "string" ? typed.trim() : "");
  };
  return (
    <form role="search" className="flex min-w-56 flex-1 gap-2" onSubmit={submit}>
      <Input
        name="q"
        type="search"
        aria-label={texts.search(what)}
        placeholder={texts.search(what)}
        defaultValue={q}
        maxLength={200}
      />
      <Button type="submit" variant="secondary">
        {texts.searchAction}
      </Button>
    </form>
  );
}

interface DayProps {
  label: string;
  value: string;
  choose: (day: string) => void;
}

function Day({ label, value, choose }: DayProps) {
  const id = useId();
  return (
    <div className="flex items-center gap-2">
      <label htmlFor={id} className="text-sm text-muted">
        {label}
      </label>
      <Input
        id={id}
        type="date"
        className="w-40 sm:text-sm"
        value={value}
        onChange={(event) => choose(event.target.value)}
      />
    </div>
  );
}
