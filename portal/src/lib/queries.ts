import { queryOptions } from "@tanstack/react-query";

import { type Api, done, type Instance } from "./api";
import { isSettling } from "./instance-status";
import { ProblemError } from "./problem";

/** How often a page looks again: soon while something moves, now and then otherwise (milliseconds). */
const SOON = 2_000;
const NOW_AND_THEN = 20_000;
const LOOK_AT_JOB = 3_000;

export const pricingQuery = (api: Api) =>
  queryOptions({
    queryKey: ["pricing"],
    queryFn: ({ signal }) => done(api.GET("/pricing/config", { signal })),
    staleTime: 300_000,
  });

export const adminStatusQuery = (api: Api, accountId: string) =>
  queryOptions({
    queryKey: ["admin-status", accountId],
    queryFn: ({ signal }) => done(api.GET("/my/account/admin-status", { signal })),
    staleTime: 300_000,
  });

/** The subscription; null for an account that has none. */
export const subscriptionQuery = (api: Api) =>
  queryOptions({
    queryKey: ["subscription"],
    queryFn: ({ signal }) => orNull(done(api.GET("/my/subscription", { signal }))),
  });

export const accountQuery = (api: Api) =>
  queryOptions({
    queryKey: ["account"],
    queryFn: ({ signal }) => done(api.GET("/my/account", { signal })),
  });

export const invoicesQuery = (api: Api) =>
  queryOptions({
    queryKey: ["invoices"],
    queryFn: async ({ signal }) => (await done(api.GET("/my/invoices", { signal }))).invoices,
  });

export const instancesQuery = (api: Api) =>
  queryOptions({
    queryKey: ["instances"],
    queryFn: async ({ signal }) => (await done(api.GET("/my/instances", { signal }))).instances,
    refetchInterval: ({ state }) => (state.data?.some(isSettling) ? SOON : NOW_AND_THEN),
  });

export const instanceQuery = (api: Api, id: number) =>
  queryOptions({
    queryKey: ["instance", id],
    queryFn: ({ signal }): Promise<Instance> =>
      done(api.GET("/my/instances/{id}", { params: { path: { id } }, signal })),
  });

/** One of the caller's jobs, looked at as long as the page shows it. */
export const myJobQuery = (api: Api, id: number) =>
  queryOptions({
    queryKey: ["my-job", id],
    queryFn: ({ signal }) => done(api.GET("/my/jobs/{id}", { params: { path: { id } }, signal })),
    refetchInterval: LOOK_AT_JOB,
  });

async function orNull<T>(answer: Promise<T>): Promise<T | null> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof ProblemError && error.status === 404) return null;
    throw error;
  }
}
