"use client";

import { useEffect, useState } from "react";

/** Whether more than `after` milliseconds have passed since the component appeared. */
export function useLate(after: number): boolean {
  const [late, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), after);
    return () => clearTimeout(timer);
  }, [after]);
  return late;
}
