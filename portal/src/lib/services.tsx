"use client";

import type { AuthClient } from "@supabase/auth-js";
import type * as Library from "@supabase/auth-js";
import { createContext, type ReactNode, useContext, useEffect, useState } from "react";

import { ErrorNotice } from "@/components/error-notice";
import { Loading } from "@/components/loading";
import { texts } from "@/texts/problems";

import { type Api, createApi } from "./api";
import { parseSettings, type Settings } from "./settings";

/** What pages talk to. */
export interface Services {
  settings: Settings;
  /** Supabase's client for accounts and sessions: what else supabase-js brings along, nothing here needs. */
  auth: InstanceType<typeof AuthClient>;
  api: Api;
}

type State =
  | { phase: "loading" }
  | { phase: "ready"; services: Services }
  | { phase: "failed"; error: unknown; retry: () => void };

const Context = createContext<State>({ phase: "loading" });

/** Loads the settings and makes the clients once; pages are prerendered before that, so it never blocks. */
export function ServicesProvider({ children }: { children: ReactNode }) {
  const [attempt, setAttempt] = useState(0);
  const [state, setState] = useState<State>({ phase: "loading" });
  useEffect(() => {
    const leaving = new AbortController();
    const retry = () => {
      setState({ phase: "loading" });
      setAttempt((number) => number + 1);
    };
    // The page is there before Supabase's library is.
    Promise.all([loadSettings(leaving.signal), import("@supabase/auth-js")]).then(
      ([settings, library]) => {
        if (leaving.signal.aborted) return;
        setState({ phase: "ready", services: connect(settings, library) });
      },
      (error: unknown) => {
        if (!leaving.signal.aborted) setState({ phase: "failed", error, retry });
      },
    );
    return () => leaving.abort();
  }, [attempt]);
  return <Context value={state}>{children}</Context>;
}

async function loadSettings(signal: AbortSignal): Promise<Settings> {
  const response = await fetch("/config.json", { cache: "no-store", signal }).catch(() => null);
  if (!response?.ok) throw new Error(texts.settings);
  return parseSettings(await response.json());
}

/** One set of clients per settings: a second Supabase client would fight the first for the session. */
let made: { key: string; services: Services } | null = null;

function connect(settings: Settings, library: typeof Library): Services {
  const key = JSON.stringify(settings);
  if (made?.key !== key) {
    const auth = authClient(settings, library);
    const api = createApi(settings.apiUrl, {
      current: async () => (await auth.getSession()).data.session?.access_token ?? null,
      renew: async () => (await auth.refreshSession()).data.session?.access_token ?? null,
    });
    made = { key, services: { settings, auth, api } };
  }
  return made.services;
}

/** As supabase-js makes it, and with the name under which it keeps a session. */
function authClient({ authUrl, publishableKey }: Settings, { AuthClient }: typeof Library) {
  const project = new URL(authUrl).hostname.split(".")[0];
  return new AuthClient({
    url: `${authUrl}/auth/v1`,
    headers: { apikey: publishableKey, Authorization: `Bearer ${publishableKey}` },
    storageKey: `sb-${project}-auth-token`,
  });
}

/** The services, or null while they are not there. */
export function useOptionalServices(): Services | null {
  const state = useContext(Context);
  return state.phase === "ready" ? state.services : null;
}

/** The services; only below `NeedsServices`. */
export function useServices(): Services {
  const services = useOptionalServices();
  if (services === null) throw new Error("useServices outside NeedsServices");
  return services;
}

interface NeedsServicesProps {
  children: ReactNode;
  /** Shown until then. */
  fallback?: ReactNode;
}

/** Shows its children once the services are there, and what went wrong when they are not. */
export function NeedsServices({ children, fallback = <Loading /> }: NeedsServicesProps) {
  const state = useContext(Context);
  if (state.phase === "loading") return fallback;
  if (state.phase === "ready") return children;
  return <ErrorNotice error={state.error} retry={state.retry} />;
}
