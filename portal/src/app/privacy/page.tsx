import type { Metadata } from "next";

import { LegalText } from "@/features/legal/legal-text";
import { privacy } from "@/texts/legal";

export const metadata: Metadata = { title: privacy.title, description: privacy.lead };

export default function PrivacyPage() {
  return <LegalText text={privacy} />;
}
