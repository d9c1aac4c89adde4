"use client";

import { useEffect, useState } from "react";

/** The present time in milliseconds, renewed every `every` milliseconds; null stops the clock. */
export function useNow(every: number | null): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (every === null) return;
    const timer = setInterval(() => setNow(Date.now()), every);
    return () => clearInterval(timer);
  }, [every]);
  return now;
}
