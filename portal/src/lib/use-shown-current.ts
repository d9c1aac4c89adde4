"use client";

import { type RefObject, useEffect, useRef } from "react";

/** For a row of links that may be wider than the window: moves it so that the present page's link is seen. */
export function useShownCurrent(pathname: string): RefObject<HTMLElement | null> {
  const row = useRef<HTMLElement>(null);
  useEffect(() => {
    const element = row.current;
    if (!element) return;
    showCurrent(element);
    // A narrower window may have hidden it. The row is watched, not the window: a phone's bars that come and go
    // must not take the row from under a finger.
    const observer = new ResizeObserver(() => showCurrent(element));
    observer.observe(element);
    return () => observer.disconnect();
  }, [pathname]);
  return row;
}

function showCurrent(row: HTMLElement): void {
  const current = row.querySelector("[aria-current=page]");
  if (!current) return;
  const [outer, inner] = [row.getBoundingClientRect(), current.getBoundingClientRect()];
  row.scrollLeft += inner.left + inner.width / 2 - (outer.left + outer.width / 2);
}
