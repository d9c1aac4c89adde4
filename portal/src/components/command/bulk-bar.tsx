"use client";

import { useState } from "react";

import { Button } from "@/components/ui/button";
import { texts } from "@/texts/list";

import { type BulkCommand, BulkDialog } from "./bulk-dialog";

interface BulkBarProps<Row> {
  rows: readonly Row[];
  commands: readonly BulkCommand<Row>[];
  unselect: () => void;
}

/** How many rows are chosen, and what can be done with them. */
export function BulkBar<Row>({ rows, commands, unselect }: BulkBarProps<Row>) {
  const [asked, setAsked] = useState<BulkCommand<Row> | null>(null);
  const close = () => {
    setAsked(null);
    unselect();
  };
  return (
    <div
      className="flex flex-wrap items-center gap-3 rounded-xl border border-brand/40 bg-brand-soft px-4 py-2"
      data-testid="bulk-bar"
    >
      <p className="text-sm font-medium">{texts.selected(rows.length)}</p>
      {commands.map((command) => (
        <Button
          key={command.action}
          size="small"
          variant={command.danger ? "danger" : "secondary"}
          onClick={() => setAsked(command)}
        >
          {command.action}
        </Button>
      ))}
      <Button size="small" variant="ghost" onClick={unselect}>
        {texts.unselect}
      </Button>
      <BulkDialog command={asked} rows={rows} close={close} />
    </div>
  );
}
