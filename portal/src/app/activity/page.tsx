import type { Metadata } from "next";

import { MyActivity } from "@/features/activity/my-activity";
import { texts } from "@/texts/activity";

export const metadata: Metadata = { title: texts.mine.title };

export default function ActivityPage() {
  return <MyActivity />;
}
