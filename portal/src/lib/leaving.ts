"use client";

import { useEffect, useState } from "react";

import { texts } from "@/texts/problems";

import { isHttpUrl } from "./settings";

/**
 * Whether the browser is on its way to another site's page, and what sends it there (throws for what is no
 * web address). A return by the back button resets it.
 */
export function useLeaving(): [boolean, (url: string) => void] {
  const [leaving, setLeaving] = useState(false);
  useEffect(() => {
    const shown = (event: PageTransitionEvent) => {
      if (event.persisted) setLeaving(false);
    };
    window.addEventListener("pageshow", shown);
    return () => window.removeEventListener("pageshow", shown);
  }, []);
  const leave = (url: string) => {
    if (!isHttpUrl(url)) throw new Error(texts.notAnAddress);
    setLeaving(true);
    window.location.assign(url);
  };
  return [leaving, leave];
}
