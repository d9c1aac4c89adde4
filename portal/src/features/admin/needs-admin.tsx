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
import { texts } from "@/texts/admin";
import { texts as common } from "@/texts/common";

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
    <Page title={texts.forbidden.title} lead={texts.forbidden.text} narrow>
      <div data-testid="forbidden">
        <ButtonLink>
          <Link href="/dashboard">{common.toDashboard}</Link>
        </ButtonLink>
      </div>
    </Page>
  );
}
