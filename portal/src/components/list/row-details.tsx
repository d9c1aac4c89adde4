"use client";

import { usePathname, useRouter, useSearchParams } from "next/navigation";
import type { ReactNode } from "react";

import { Facts } from "@/components/facts";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { texts } from "@/texts/list";

import type { Column } from "./data-table";

/** What the address calls the row that is looked at. */
const OPEN = "open";

/** All that is known of a row, beyond what its columns have room for. */
export interface Details<Row> {
  nameOf: (row: Row) => string;
  facts: (row: Row) => readonly (readonly [string, ReactNode])[];
  /** What does not fit beside a name. */
  more?: (row: Row) => ReactNode;
}

/** Which row the address opens, and how another is opened or it is closed. */
export function useOpenRow(): { open: string | null; show: (key: string | null) => void } {
  const parameters = useSearchParams();
  const router = useRouter();
  const pathname = usePathname();
  const show = (key: string | null) => {
    const next = new URLSearchParams(parameters);
    next.delete(OPEN);
    if (key !== null) next.set(OPEN, key);
    const search = next.size > 0 ? `?${next.toString()}` : "";
    // Opening is a step that "back" takes back; closing is none.
    const go = key === null ? router.replace : router.push;
    go(pathname + search, { scroll: false });
  };
  return { open: parameters.get(OPEN), show };
}

/** A column whose buttons open what is known of their rows. */
export function detailsColumn<Row>(
  { nameOf }: Details<Row>,
  show: (row: Row) => void,
): Column<Row> {
  return {
    name: texts.details,
    cell: (row) => (
      <Button size="small" variant="secondary" onClick={() => show(row)}>
        {texts.details} <span className="sr-only">{texts.detailsOf(nameOf(row))}</span>
      </Button>
    ),
  };
}

interface RowDetailsProps<Row> {
  details: Details<Row>;
  /** None: closed, or no longer on this page. */
  row: Row | undefined;
  close: () => void;
}

/** All that is known of one row. */
export function RowDetails<Row>({ details, row, close }: RowDetailsProps<Row>) {
  return (
    <Dialog open={row !== undefined} onClose={close} title={row ? details.nameOf(row) : ""}>
      {row && (
        <div className="grid gap-4 text-sm" data-testid="details">
          <Facts facts={details.facts(row)} />
          {details.more?.(row)}
          <div className="flex justify-end">
            <Button variant="secondary" onClick={close}>
              {texts.close}
            </Button>
          </div>
        </div>
      )}
    </Dialog>
  );
}
