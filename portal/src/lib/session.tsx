"use client";

import type { Session } from "@supabase/auth-js";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import dynamic from "next/dynamic";
import { usePathname, useRouter } from "next/navigation";
import {
  createContext,
  type ReactNode,
  useCallback,
  useContext,
  useEffect,
  useMemo,
  useRef,
  useState,
} from "react";

import { ErrorNotice } from "@/components/error-notice";
import { Loading } from "@/components/loading";
import type { Closed } from "@/features/settings/account-gate";
import { texts } from "@/texts/account";

import { done } from "./api";
import { ProblemError } from "./problem";
import { adminStatusQuery } from "./queries";
import { signInPath } from "./return-path";
import { NeedsServices, type Services, useOptionalServices, useServices } from "./services";
import { tabMemory } from "./storage";

/** Few accounts ever see it, and the pages for everybody need not carry it. */
const AccountGate = dynamic(
  () => import("@/features/settings/account-gate").then((module) => module.AccountGate),
  { ssr: false, loading: () => <Loading /> },
);

interface State {
  /** `undefined` while it is not known yet, null for nobody. */
  session: Session | null | undefined;
  /** Whether the person ended the last session here, and so need not be asked to sign in again. */
  leftOnPurpose: boolean;
  signOut: () => Promise<void>;
}

const Context = createContext<State | null>(null);

/** Follows supabase-js's session, and empties the cache of answers when the person changes. */
export function SessionProvider({ children }: { children: ReactNode }) {
  const services = useOptionalServices();
  const queries = useQueryClient();
  const [session, setSession] = useState<Session | null | undefined>(undefined);
  const [leftOnPurpose, setLeftOnPurpose] = useState(false);
  const person = useRef<string | null>(null);
  useEffect(() => {
    if (services === null) return;
    const { data } = services.auth.onAuthStateChange((event, next) => {
      const id = next?.user.id ?? null;
      if (person.current !== null && person.current !== id) queries.clear();
      person.current = id;
      setSession(next);
      if (event === "SIGNED_IN") setLeftOnPurpose(false);
    });
    return () => data.subscription.unsubscribe();
  }, [services, queries]);
  useEffect(() => endOnRefusal(services, queries), [services, queries]);
  const signOut = useCallback(async () => {
    setLeftOnPurpose(true);
    if (services) await endAdminSessions(services, queries, person.current);
    const { error } = (await services?.auth.signOut()) ?? {};
    // What the service could not be told is at least forgotten here.
    if (error) await services?.auth.signOut({ scope: "local" });
  }, [services, queries]);
  const state = useMemo(
    () => ({ session, leftOnPurpose, signOut }),
    [session, leftOnPurpose, signOut],
  );
  return <Context value={state}>{children}</Context>;
}

/** Longest wait for the API when somebody signs out (milliseconds). */
const PATIENCE = 3_000;

/** An administrator's sessions of the API's host end, too; that they cannot is no reason to stay signed in here. */
async function endAdminSessions(
  { api }: Services,
  queries: ReturnType<typeof useQueryClient>,
  person: string | null,
): Promise<void> {
  const { queryKey } = adminStatusQuery(api, person ?? "");
  if (queries.getQueryData(queryKey)?.is_admin !== true) return;
  const signal = AbortSignal.timeout(PATIENCE);
  await done(api.POST("/admin/auth/logout", { signal })).catch(() => undefined);
}

function useSessionState(): State {
  const state = useContext(Context);
  if (state === null) throw new Error("a session is asked for outside SessionProvider");
  return state;
}

/**
 * An answer of 401 after the token was renewed means that the session has ended elsewhere: it is dropped here
 * too, and `NeedsSession` leads to the sign-in page.
 */
function endOnRefusal(
  services: ReturnType<typeof useOptionalServices>,
  queries: ReturnType<typeof useQueryClient>,
) {
  if (services === null) return;
  const ended = (error: unknown) => {
    if (error instanceof ProblemError && error.status === 401) {
      void services.auth.signOut({ scope: "local" });
    }
  };
  return onFailures(queries, ended);
}

/** Tells of each question and command that failed; the answer stops it. */
function onFailures(
  queries: ReturnType<typeof useQueryClient>,
  tell: (error: unknown) => void,
): () => void {
  const stops = [
    queries.getQueryCache().subscribe((event) => {
      if (event.type === "updated" && event.action.type === "error") tell(event.action.error);
    }),
    queries.getMutationCache().subscribe((event) => {
      if (event.type === "updated" && event.action.type === "error") tell(event.action.error);
    }),
  ];
  return () => stops.forEach((stop) => stop());
}

/** The session; null for nobody, `undefined` while it is not known. */
export function useSession(): Session | null | undefined {
  return useSessionState().session;
}

/** What ends the session, here and at the auth service. */
export function useSignOut(): () => Promise<void> {
  return useSessionState().signOut;
}

/** Shows its children to a signed-in person whose account is set up; leads everybody else to the sign-in page. */
export function NeedsSession({ children }: { children: ReactNode }) {
  return (
    <NeedsServices>
      <SignedIn>{children}</SignedIn>
    </NeedsServices>
  );
}

function SignedIn({ children }: { children: ReactNode }) {
  const { session, leftOnPurpose } = useSessionState();
  const wasSignedIn = useRef(false);
  const pathname = usePathname();
  const router = useRouter();
  useEffect(() => {
    if (session) wasSignedIn.current = true;
    if (session !== null) return;
    // Who signed out on this page has had enough of it; who comes to it signed out wants to see it.
    const left = leftOnPurpose && wasSignedIn.current;
    // The query is read here, not by a hook: it is needed at this moment only.
    const ended = !left && wasSignedIn.current;
    router.replace(left ? "/" : signInPath(pathname + window.location.search, { ended }));
  }, [session, leftOnPurpose, pathname, router]);
  const { closed, again } = useClosed();
  const signOut = useSignOut();
  if (!session) return <Loading />;
  if (closed) return <AccountGate closed={closed} again={again} signOut={signOut} />;
  return <SetUp accountId={session.user.id}>{children}</SetUp>;
}

/** Whether an answer said that the account is closed, and a way to look again. */
function useClosed() {
  const queries = useQueryClient();
  const { session } = useSessionState();
  const person = session?.user.id;
  const [state, setState] = useState<{ person: string | undefined; closed: Closed } | null>(null);
  useEffect(() => {
    const look = (error: unknown) => {
      if (!(error instanceof ProblemError) || error.status !== 403) return;
      const { code } = error;
      if (code === "account_deleted" || code === "account_suspended") {
        setState({ person, closed: code });
      }
    };
    return onFailures(queries, look);
  }, [queries, person]);
  const again = () => {
    queries.clear();
    setState(null);
  };
  // What was said of one person is not said of the next.
  return { closed: state?.person === person ? (state?.closed ?? null) : null, again };
}

const SET_UP = "mindroom.account-set-up";

/** Sets the account up before anything is asked of it: once for each tab and person, harmless if repeated. */
function SetUp({ accountId, children }: { accountId: string; children: ReactNode }) {
  const { api } = useServices();
  const [before] = useState(() => tabMemory().getItem(SET_UP) === accountId);
  const setup = useQuery({
    queryKey: ["account-setup", accountId],
    queryFn: async ({ signal }) => {
      const answer = await done(api.POST("/my/account/setup", { signal }));
      rememberSetUp(accountId);
      return answer;
    },
    enabled: !before,
    staleTime: Infinity,
    gcTime: Infinity,
  });
  if (before || setup.isSuccess) return children;
  if (setup.isError) return <ErrorNotice error={setup.error} retry={() => void setup.refetch()} />;
  return <Loading label={texts.preparing} />;
}

function rememberSetUp(accountId: string): void {
  try {
    tabMemory().setItem(SET_UP, accountId);
  } catch {
    // Storage is full or forbidden: the next page sets the account up again, which changes nothing.
  }
}
