"use client";

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";

import { done, type Instance, type InstanceEvent } from "@/lib/api";
import type { ProblemError } from "@/lib/problem";
import { instanceQuery } from "@/lib/queries";
import { useServices } from "@/lib/services";

import { follow, merged, type Page, sleep } from "./follow";

/** How often the page looks whether the first password was used, and at the hours of health (milliseconds). */
const LOOK_EVERY = 5_000;
const NOW_AND_THEN = 60_000;

/** One instance as it is now, and what happened to it, followed as long as the page is open. */
export function useInstance(id: number) {
  const { api } = useServices();
  const queries = useQueryClient();
  const detail = useQuery({
    ...instanceQuery(api, id),
    // No event tells that the first password was used: it must go from the page by itself, soon.
    refetchInterval: ({ state }) => (state.data?.owner_password ? LOOK_EVERY : NOW_AND_THEN),
    refetchOnWindowFocus: "always",
  });
  const [events, setEvents] = useState<InstanceEvent[]>([]);
  const [trouble, setTrouble] = useState<ProblemError | null>(null);
  useEffect(() => {
    const { queryKey } = instanceQuery(api, id);
    const take = (page: Page) => {
      setEvents((known) => merged(known, page.events));
      const before = queries.getQueryData<Instance>(queryKey);
      queries.setQueryData<Instance>(queryKey, (known) => withDetail(page.instance, known));
      // The list does not tell what only the detail tells: it is asked for when that may have changed.
      if (before && tellsMore(before, page.instance)) {
        void queries.invalidateQueries({ queryKey });
      }
    };
    const ask = (after: number, wait: number, signal: AbortSignal) =>
      done(
        api.GET("/my/instances/{id}/events", {
          params: { path: { id }, query: { after, wait } },
          signal,
        }),
      );
    const end = new AbortController();
    void follow({ ask, take, trouble: setTrouble, sleep }, end.signal);
    return () => end.abort();
  }, [api, queries, id]);
  return { detail, events, trouble };
}

/** What came with an event, with what only the detail tells. */
function withDetail(told: Instance, known: Instance | undefined): Instance | undefined {
  // Without the detail there is nothing to keep up to date: it is on its way.
  if (known === undefined) return undefined;
  const { owner_password, health_history, estimate } = known;
  return {
    ...told,
    ...(owner_password != null && { owner_password }),
    ...(health_history != null && { health_history }),
    ...(estimate != null && { estimate }),
  };
}

function tellsMore(before: Instance, now: Instance): boolean {
  return (
    before.status !== now.status ||
    before.owner_matrix_id !== now.owner_matrix_id ||
    before.progress.length !== now.progress.length
  );
}
