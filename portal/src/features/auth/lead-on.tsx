"use client";

import { useRouter, useSearchParams } from "next/navigation";
import { type ReactNode, Suspense, useEffect } from "react";

import { Loading } from "@/components/loading";
import { Skeleton } from "@/components/ui/skeleton";
import { safeReturnPath } from "@/lib/return-path";
import { NeedsServices } from "@/lib/services";
import { useSession } from "@/lib/session";

/** Leads a signed-in person on to where they wanted to go; shows its children to everybody else. */
export function LeadOn({ children }: { children: ReactNode }) {
  return (
    <Suspense fallback={<Waiting />}>
      <NeedsServices fallback={<Waiting />}>
        <LeadOnNow>{children}</LeadOnNow>
      </NeedsServices>
    </Suspense>
  );
}

/** As much room as a form takes. */
function Waiting() {
  return (
    <Loading>
      <Skeleton className="h-80" />
    </Loading>
  );
}

function LeadOnNow({ children }: { children: ReactNode }) {
  const session = useSession();
  const router = useRouter();
  const next = safeReturnPath(useSearchParams().get("next"));
  useEffect(() => {
    if (session) router.replace(next);
  }, [session, router, next]);
  return session === null ? children : <Waiting />;
}
