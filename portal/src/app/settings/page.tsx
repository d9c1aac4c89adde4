import type { Metadata } from "next";

import { Settings } from "@/features/settings/settings";
import { texts } from "@/texts/settings";

export const metadata: Metadata = { title: texts.title };

export default function SettingsPage() {
  return <Settings />;
}
