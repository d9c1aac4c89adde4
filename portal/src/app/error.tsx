"use client";

import { ErrorNotice } from "@/components/error-notice";
import { Page } from "@/components/page";

/** What a page shows that failed in itself; the way on is to draw it again. */
export default function PageError({ reset }: { error: Error; reset: () => void }) {
  return (
    <Page title="This page broke" narrow>
      <ErrorNotice
        error={
          new Error(
            "Something in this page went wrong. Your account and instances are not affected.",
          )
        }
        retry={reset}
      />
    </Page>
  );
}
