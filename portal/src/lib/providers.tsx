"use client";

import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { ThemeProvider } from "next-themes";
import { type ReactNode, useState } from "react";

import { ProblemError } from "./problem";
import { ServicesProvider } from "./services";
import { SessionProvider } from "./session";

/** What every page stands in. */
export function Providers({ children }: { children: ReactNode }) {
  const [queries] = useState(newQueryClient);
  return (
    // `color-scheme` follows the class by our style sheet: the policy allows no inline styles.
    <ThemeProvider attribute="class" storageKey="mindroom.theme" enableColorScheme={false}>
      <QueryClientProvider client={queries}>
        <ServicesProvider>
          <SessionProvider>{children}</SessionProvider>
        </ServicesProvider>
      </QueryClientProvider>
    </ThemeProvider>
  );
}

function newQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: { retry: worthRetrying, staleTime: 5_000 },
      mutations: {
        // A command may have been done although its answer was lost: the person decides whether to repeat it.
        retry: false,
        // Without a connection it fails at once, instead of happening by itself at some later time.
        networkMode: "always",
      },
    },
  });
}

/** Only what may pass by itself is asked again, twice: no answer, or a server that says it is busy. */
function worthRetrying(failures: number, error: unknown): boolean {
  const passing =
    error instanceof ProblemError &&
    (error.status === 0 || error.status === 502 || error.status === 503 || error.status === 504);
  return passing && failures < 2;
}
