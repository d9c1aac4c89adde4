"use client";

import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import type { ReactNode } from "react";

import { ErrorNotice } from "@/components/error-notice";
import { Loading } from "@/components/loading";
import { Page } from "@/components/page";
import { ButtonLink } from "@/components/ui/button";
import { adminStatusQuery } from "@/lib/queries";
import { useServices } from "@/lib/services";
import { NeedsSession, useSession } from "@/lib/session";

/** Shows its children to admins. A courtesy only: it is the API that lets nobody else see anything. */
export function NeedsAdmin({ children }: { children: ReactNode }) {
  return (
    <NeedsSession>
      <AdminOnly>{children}</AdminOnly>
    </NeedsSession>
  );
}

function AdminOnly({ children }: { children: ReactNode }) {
  const { api } = useServices();
  const session = useSession();
  const admin = useQuery(adminStatusQuery(api, session?.user.id ?? ""));
  if (admin.isPending) return <Loading />;
  if (admin.isError) return <ErrorNotice error={admin.error} retry={() => void admin.refetch()} />;
  return admin.data.is_admin ? children : <Forbidden />;
}

function Forbidden() {
  return (
    <Page title="This page is for administrators" narrow>
      <div className="grid gap-4" data-testid="forbidden">
        <p className="text-muted">
          403: you are signed in, but your account has no right to see it. Ask an administrator if
          it should.
        </p>
        <div>
          <ButtonLink>
            <Link href="/dashboard">Go to the dashboard</Link>
          </ButtonLink>
        </div>
      </div>
    </Page>
  );
}
