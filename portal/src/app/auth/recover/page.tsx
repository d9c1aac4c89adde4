import type { Metadata } from "next";

import { Recover } from "@/features/auth/recover";
import { texts } from "@/texts/auth";

export const metadata: Metadata = { title: texts.recover.title };

export default function RecoverPage() {
  return <Recover />;
}
