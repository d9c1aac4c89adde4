import { ExternalLink } from "lucide-react";

import type { Payment } from "@/lib/api";
import { isHttpUrl } from "@/lib/settings";
import { texts as billing } from "@/texts/billing";
import { texts as common } from "@/texts/common";

const { invoices: texts } = billing;

/** The way to the payment provider's page of an invoice; a dash where there is none. */
export function InvoiceLink({ payment }: { payment: Payment }) {
  const { hosted_invoice_url: url, number } = payment;
  if (!url || !isHttpUrl(url)) return "–";
  return (
    <a
      href={url}
      target="_blank"
      rel="noreferrer"
      className="inline-flex items-center gap-1 text-brand underline underline-offset-2"
    >
      {texts.open}
      <ExternalLink aria-hidden className="size-3.5" />
      <span className="sr-only">
        {texts.openWhat(number ?? "")} {common.opensElsewhere}
      </span>
    </a>
  );
}
