"use client";

import { WifiOff } from "lucide-react";

import { useOnline } from "@/lib/use-online";
import { texts } from "@/texts/common";

/** Says so while there is no connection, below the header and over the page, which it does not move. */
export function ConnectionBanner() {
  const online = useOnline();
  return (
    <div role="status" className="sticky top-16 z-10 h-0 px-4">
      {!online && (
        <p
          className="mx-auto mt-2 flex w-fit items-center gap-2 rounded-lg border border-warn/30 bg-warn-soft px-4 py-2 text-sm text-warn shadow-md"
          data-testid="offline"
        >
          <WifiOff aria-hidden className="size-4 shrink-0" />
          {texts.offline.banner}
        </p>
      )}
    </div>
  );
}
