"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { Button } from "@/components/ui/button";
import { Dialog, useKeptOpen } from "@/components/ui/dialog";
import { Notice } from "@/components/ui/notice";
import { TextArea } from "@/components/ui/text-area";
import { detailOf } from "@/lib/problem";
import { texts } from "@/texts/command";

import { givenFor } from "./command";

/** One command for many rows. */
export interface BulkCommand<Row> {
  title: string;
  text: string;
  /** The button, and the heading over what it will be done to. */
  action: string;
  danger?: boolean;
  nameOf: (row: Row) => string;
  /** Why it will not be done to this row; none when it will be. */
  refusal: (row: Row) => string | null;
  /** Whether it wants a reason, one for all rows. */
  reason?: boolean;
  run: (row: Row, reason: string) => Promise<unknown>;
}

interface BulkDialogProps<Row> {
  command: BulkCommand<Row> | null;
  rows: readonly Row[];
  close: () => void;
}

/** Shows to which rows it will be done and to which not, and why, before anything is done. */
export function BulkDialog<Row>({ command, rows, close }: BulkDialogProps<Row>) {
  return (
    <Dialog open={command !== null} onClose={close} title={command?.title ?? ""}>
      {command && <Preview command={command} rows={rows} close={close} />}
    </Dialog>
  );
}

interface PreviewProps<Row> extends BulkDialogProps<Row> {
  command: BulkCommand<Row>;
}

function Preview<Row>({ command, rows, close }: PreviewProps<Row>) {
  // What was shown is what is done, whatever the list behind has become meanwhile.
  const [{ will, wont }] = useState(() => split(rows, command));
  const queries = useQueryClient();
  const [done, setDone] = useState(0);
  const [why, setWhy] = useState("");
  const all = useMutation({
    mutationFn: () => eachInTurn(will, command, why.trim(), setDone),
    onSettled: () => queries.invalidateQueries(),
  });
  useKeptOpen(all.isPending);
  const { text, action, danger, reason } = command;
  const ready = givenFor({ reason }).safeParse({ reason: why, confirm: "" }).success;
  return (
    <div className="grid gap-4" data-testid="bulk">
      <p className="text-pretty">{text}</p>
      <Rows title={texts.preview.will(will.length, action)} rows={will.map(command.nameOf)} />
      <Rows title={texts.preview.wont(wont.length)} rows={wont.map(({ text: why }) => why)} />
      {reason && !all.data && (
        <TextArea
          label={texts.reason}
          hint={texts.reasonHint}
          value={why}
          onChange={(event) => setWhy(event.target.value)}
        />
      )}
      {all.isPending && <p role="status">{texts.progress(done, will.length)}</p>}
      {all.data && <Outcome failures={all.data} of={will.length} />}
      <div className="flex flex-wrap justify-end gap-2">
        <Button variant="secondary" onClick={close} disabled={all.isPending}>
          {all.data ? texts.close : texts.keep}
        </Button>
        {!all.data && (
          <Button
            variant={danger ? "danger" : "primary"}
            busy={all.isPending}
            disabled={will.length === 0 || !ready}
            onClick={() => all.mutate()}
          >
            {action}
          </Button>
        )}
      </div>
    </div>
  );
}

function Rows({ title, rows }: { title: string; rows: readonly string[] }) {
  if (rows.length === 0) return null;
  return (
    <div className="grid gap-1.5">
      <h3 className="font-medium">{title}</h3>
      <ul className="max-h-40 list-disc overflow-y-auto pl-5 text-sm" tabIndex={0}>
        {rows.map((row) => (
          <li key={row} className="wrap-anywhere">
            {row}
          </li>
        ))}
      </ul>
    </div>
  );
}

function Outcome({ failures, of }: { failures: readonly string[]; of: number }) {
  return (
    <Notice tone={failures.length > 0 ? "bad" : "good"} data-testid="bulk-outcome">
      <p>{texts.outcome(of - failures.length, of)}</p>
      <ul className="list-disc pl-5 empty:hidden">
        {failures.map((failure) => (
          <li key={failure}>{failure}</li>
        ))}
      </ul>
    </Notice>
  );
}

/** Which rows it will be done to, and which not, with the reason. */
export function split<Row>(
  rows: readonly Row[],
  { refusal, nameOf }: Pick<BulkCommand<Row>, "refusal" | "nameOf">,
) {
  const will: Row[] = [];
  const wont: { row: Row; text: string }[] = [];
  for (const row of rows) {
    const why = refusal(row);
    if (why === null) will.push(row);
    else wont.push({ row, text: texts.failed(nameOf(row), why) });
  }
  return { will, wont };
}

/** One after the other, so that one failure is one row's; answers what failed, in words. */
export async function eachInTurn<Row>(
  rows: readonly Row[],
  { run, nameOf }: Pick<BulkCommand<Row>, "run" | "nameOf">,
  reason: string,
  progress: (done: number) => void,
): Promise<string[]> {
  const failures: string[] = [];
  for (const [at, row] of rows.entries()) {
    try {
      await run(row, reason);
    } catch (error) {
      failures.push(texts.failed(nameOf(row), detailOf(error)));
    }
    progress(at + 1);
  }
  return failures;
}
