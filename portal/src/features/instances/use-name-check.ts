"use client";

import { useQuery } from "@tanstack/react-query";

import { done } from "@/lib/api";
import { useServices } from "@/lib/services";
import { subdomainProblem } from "@/lib/subdomain";
import { useSettled } from "@/lib/use-settled";

/** Milliseconds without a key after which the name is asked about. */
const PAUSE = 350;

export type NameCheck =
  /** Nothing to be asked: empty, wrong by itself, or the question failed. The API decides in the end. */
  | { phase: "idle" }
  | { phase: "asking" }
  | { phase: "free" }
  | { phase: "refused"; message: string };

/** Whether a name can be had, asked while it is typed. */
export function useNameCheck(name: string): NameCheck {
  const { api } = useServices();
  const fits = name !== "" && subdomainProblem(name) === null;
  const settled = useSettled(name, PAUSE);
  const check = useQuery({
    queryKey: ["name-check", settled],
    queryFn: ({ signal }) =>
      done(api.GET("/my/subdomains/{name}", { params: { path: { name: settled } }, signal })),
    enabled: fits && settled === name,
    staleTime: 10_000,
    retry: false,
  });
  if (!fits) return { phase: "idle" };
  if (settled !== name || check.isPending) return { phase: "asking" };
  if (!check.data) return { phase: "idle" };
  const { available, message } = check.data;
  return available ? { phase: "free" } : { phase: "refused", message: message ?? "" };
}
