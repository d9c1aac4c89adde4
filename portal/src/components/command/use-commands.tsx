"use client";

import { useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";

import { Notice } from "@/components/ui/notice";

import type { Command } from "./command";
import { CommandDialog } from "./command-dialog";

interface Commands {
  /** Opens the dialog for a command. */
  ask: (command: Command) => void;
  /** The dialog, and what was done last; belongs on the page once. */
  element: ReactNode;
}

/** Commands of one page: asked for in one dialog, and what they change is read again. */
export function useCommands(): Commands {
  const queries = useQueryClient();
  const [asked, setAsked] = useState<Command | null>(null);
  const [last, setLast] = useState<string | null>(null);
  const ask = (command: Command) => {
    setLast(null);
    setAsked(command);
  };
  const taken = (command: Command) => {
    setLast(command.done);
    setAsked(null);
    void queries.invalidateQueries();
  };
  const element = (
    <>
      <CommandDialog command={asked} close={() => setAsked(null)} taken={taken} />
      {last && (
        <Notice tone="good" data-testid="command-done">
          {last}
        </Notice>
      )}
    </>
  );
  return { ask, element };
}
