"use client";

import { useQuery } from "@tanstack/react-query";

import { ErrorNotice } from "@/components/error-notice";
import { Loading } from "@/components/loading";
import { Page } from "@/components/page";
import { Skeleton } from "@/components/ui/skeleton";
import { accountQuery } from "@/lib/queries";
import { useServices } from "@/lib/services";
import { NeedsSession } from "@/lib/session";
import { texts } from "@/texts/settings";

import { Consent } from "./consent";
import { DeleteAccount } from "./delete-account";
import { ExportData } from "./export-data";
import { Profile } from "./profile";

/** `/settings`: who one is, what one agrees to, one's data, and the end of the account. */
export function Settings() {
  return (
    <Page title={texts.title}>
      <NeedsSession>
        <Mine />
      </NeedsSession>
    </Page>
  );
}

function Mine() {
  const { api } = useServices();
  const account = useQuery(accountQuery(api));
  if (account.isPending) {
    return (
      <Loading label={texts.loading}>
        <Skeleton className="h-64" />
        <Skeleton className="h-48" />
      </Loading>
    );
  }
  if (account.data === undefined) {
    return <ErrorNotice error={account.error} retry={() => void account.refetch()} />;
  }
  return (
    <>
      {account.isError && <ErrorNotice error={account.error} />}
      <div className="grid grid-cols-1 items-start gap-6 lg:grid-cols-2">
        <Profile account={account.data} />
        <div className="grid gap-6">
          <Consent account={account.data} />
          <ExportData />
        </div>
      </div>
      <DeleteAccount account={account.data} />
    </>
  );
}
