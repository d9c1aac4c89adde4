"use client";

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useState } from "react";

import { subscriptionQuery } from "@/lib/queries";
import { useServices } from "@/lib/services";

/** How often the subscription is looked at after a change, and how long (milliseconds). */
const LOOK_EVERY = 1_500;
const PATIENCE = 45_000;

interface Awaited {
  /** What was said when the change was taken. */
  said: string;
  /** As the subscription was then. */
  before: string | undefined;
  until: number;
}

/**
 * The subscription, and a way to say that it was changed: what the payment provider did shows in our rows a moment
 * later, and until then the page looks again and again.
 */
export function useFollowing() {
  const { api } = useServices();
  const queries = useQueryClient();
  const [awaited, setAwaited] = useState<Awaited | null>(null);
  const { queryKey } = subscriptionQuery(api);
  const subscription = useQuery({
    ...subscriptionQuery(api),
    refetchInterval: ({ state }) => {
      const waits =
        awaited?.before === state.data?.updated_at && Date.now() < (awaited?.until ?? 0);
      return waits ? LOOK_EVERY : false;
    },
  });
  const changed = useCallback(
    (said: string) => {
      const before = queries.getQueryData(queryKey)?.updated_at;
      setAwaited({ said, before, until: Date.now() + PATIENCE });
      void queries.invalidateQueries({ queryKey });
      void queries.invalidateQueries({ queryKey: ["invoices"] });
    },
    [queries, queryKey],
  );
  const isAwaited = awaited !== null && awaited.before === subscription.data?.updated_at;
  return { subscription, changed, said: isAwaited ? awaited.said : null };
}
