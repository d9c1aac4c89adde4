import type { Metadata } from "next";

import { LegalText } from "@/features/legal/legal-text";
import { terms } from "@/texts/legal";

export const metadata: Metadata = { title: terms.title, description: terms.lead };

export default function TermsPage() {
  return <LegalText text={terms} />;
}
