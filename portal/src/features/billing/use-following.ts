"use client";

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useState } from "react";

import type { Subscription } from "@/lib/api";
import { subscriptionQuery } from "@/lib/queries";
import { useServices } from "@/lib/services";

/** How often the subscription is looked at after a change, and how long (milliseconds). */
const LOOK_EVERY = 1_500;
const PATIENCE = 45_000;

/** Says that a change was taken, and by what one sees that it is made. */
export type Changed = (said: string, isMade: (mine: Subscription | null) => boolean) => void;

interface Awaited {
  /** What was said when the change was taken. */
  said: string;
  /** Any other news of the subscription may come before. */
  isMade: (mine: Subscription | null) => boolean;
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
      const waits = awaited !== null && !awaited.isMade(state.data ?? null);
      return waits && Date.now() < awaited.until ? LOOK_EVERY : false;
    },
  });
  const changed: Changed = useCallback(
    (said, isMade) => {
      setAwaited({ said, isMade, until: Date.now() + PATIENCE });
      void queries.invalidateQueries({ queryKey });
      void queries.invalidateQueries({ queryKey: ["invoices"] });
    },
    [queries, queryKey],
  );
  const isAwaited = awaited !== null && !awaited.isMade(subscription.data ?? null);
  return { subscription, changed, said: isAwaited ? awaited.said : null };
}
