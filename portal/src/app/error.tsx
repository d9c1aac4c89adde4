"use client";

import { ErrorNotice } from "@/components/error-notice";
import { Page } from "@/components/page";
import { texts } from "@/texts/common";

/** What a page shows that failed in itself; the way on is to draw it again. */
export default function PageError({ reset }: { error: Error; reset: () => void }) {
  return (
    <Page title={texts.broken.title} narrow>
      <ErrorNotice error={new Error(texts.broken.text)} retry={reset} />
    </Page>
  );
}
