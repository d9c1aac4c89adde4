"use client";

import { useEffect } from "react";
import type { FieldValues, Path, PathValue, UseFormReturn } from "react-hook-form";

import { tabMemory, type TabMemory } from "./storage";

const PREFIX = "mindroom.draft.";

/** Keeps what is typed into a form in this tab, so that a reload or a lost connection takes nothing away. */
export function useDraft<Values extends FieldValues>(
  form: UseFormReturn<Values>,
  key: string,
): void {
  const { setValue, subscribe } = form;
  useEffect(() => {
    for (const [name, value] of Object.entries(readDraft(key))) {
      setValue(name as Path<Values>, value as PathValue<Values, Path<Values>>, {
        shouldDirty: true,
      });
    }
    return subscribe({
      formState: { values: true, dirtyFields: true },
      callback: ({ values, dirtyFields }) => writeDraft(key, changed(values, dirtyFields ?? {})),
    });
  }, [key, setValue, subscribe]);
}

/** Forgets it, once it was saved. */
export function forgetDraft(key: string, memory: TabMemory = tabMemory()): void {
  memory.removeItem(PREFIX + key);
}

/** What was typed and not saved; nothing for what is no draft. */
export function readDraft(key: string, memory: TabMemory = tabMemory()): Record<string, string> {
  try {
    const kept: unknown = JSON.parse(memory.getItem(PREFIX + key) ?? "{}");
    if (typeof kept !== "object" || kept === null) return {};
    return Object.fromEntries(
      Object.entries(kept).filter(
        (entry): entry is [string, string] => typeof entry[1] === "string",
      ),
    );
  } catch {
    return {};
  }
}

/** Keeps it; nothing to keep forgets it. */
export function writeDraft(
  key: string,
  values: Readonly<Record<string, string>>,
  memory: TabMemory = tabMemory(),
): void {
  if (Object.keys(values).length === 0) return memory.removeItem(PREFIX + key);
  try {
    memory.setItem(PREFIX + key, JSON.stringify(values));
  } catch {
    // Full or forbidden storage: then a reload loses what was typed, as everywhere.
  }
}

function changed(values: FieldValues, dirty: Readonly<Record<string, unknown>>) {
  const fields: Record<string, string> = {};
  for (const [name, value] of Object.entries(values)) {
    if (dirty[name] === true && typeof value === "string") fields[name] = value;
  }
  return fields;
}
