"use client";

import { Check, Copy } from "lucide-react";
import { useEffect, useState } from "react";

import { texts } from "@/texts/common";

import { Button } from "./ui/button";

type Outcome = "copied" | "refused" | null;

/** A button that copies `text`; `what` names it for those who cannot see where it stands. */
export function CopyButton({ text, what }: { text: string; what: string }) {
  const [outcome, setOutcome] = useState<Outcome>(null);
  useEffect(() => {
    if (outcome === null) return;
    const timer = setTimeout(() => setOutcome(null), 2_000);
    return () => clearTimeout(timer);
  }, [outcome]);
  const copy = async () => setOutcome(await toClipboard(text));
  return (
    <Button size="small" variant="secondary" onClick={() => void copy()}>
      {outcome === "copied" ? (
        <Check aria-hidden className="size-4" />
      ) : (
        <Copy aria-hidden className="size-4" />
      )}
      <span aria-live="polite">{texts.copy[outcome ?? "copy"]}</span>
      <span className="sr-only">{` ${what}`}</span>
    </Button>
  );
}

/** The clipboard is there on secure pages only, and a browser may refuse it. */
async function toClipboard(text: string): Promise<Outcome> {
  try {
    await navigator.clipboard.writeText(text);
    return "copied";
  } catch {
    return "refused";
  }
}
