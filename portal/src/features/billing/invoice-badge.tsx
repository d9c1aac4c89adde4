import { Badge, type Tone } from "@/components/ui/badge";
import { words } from "@/lib/format";
import { texts } from "@/texts/billing";

const TONES: Readonly<Record<string, Tone>> = {
  draft: "neutral",
  open: "warn",
  paid: "good",
  uncollectible: "bad",
  void: "neutral",
};

export const INVOICE_STATUSES: readonly string[] = Object.keys(TONES);

/** An invoice's status as a word for people. */
export function invoiceLabelOf(status: string): string {
  return texts.invoices.statuses[status] ?? words(status);
}

/** How far an invoice is paid. */
export function InvoiceBadge({ status }: { status: string }) {
  return <Badge tone={TONES[status] ?? "neutral"}>{invoiceLabelOf(status)}</Badge>;
}
