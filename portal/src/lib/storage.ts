/**
 * Small remarks for the length of a browser tab. No secrets go in here: tokens lie in supabase-js's own
 * storage only. A browser that refuses storage just forgets.
 */
export interface TabMemory {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

const nothing: TabMemory = { getItem: () => null, setItem: () => {}, removeItem: () => {} };

/** This tab's memory; one that forgets where there is none (prerendering, blocked storage). */
export function tabMemory(): TabMemory {
  try {
    return typeof window === "undefined" ? nothing : window.sessionStorage;
  } catch {
    return nothing;
  }
}
