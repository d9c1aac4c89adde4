"use client";

import { useInfiniteQuery } from "@tanstack/react-query";
import { History } from "lucide-react";

import { Empty } from "@/components/empty";
import { ErrorNotice } from "@/components/error-notice";
import { Loading } from "@/components/loading";
import { Page } from "@/components/page";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Skeleton } from "@/components/ui/skeleton";
import { done, type MyAuditEntry } from "@/lib/api";
import { useServices } from "@/lib/services";
import { NeedsSession } from "@/lib/session";
import { texts as activity } from "@/texts/activity";

import { mySentenceOf } from "./activity-sentence";
import { Entries } from "./entries";

const { mine: texts } = activity;

/** Entries that are asked for at a time. */
const PART = 50;

/** `/activity`: what was done to the account, by whom. */
export function MyActivity() {
  return (
    <Page title={texts.title} lead={texts.lead}>
      <NeedsSession>
        <List />
      </NeedsSession>
    </Page>
  );
}

function List() {
  const { api } = useServices();
  const log = useInfiniteQuery({
    queryKey: ["activity"],
    queryFn: ({ pageParam, signal }) => {
      const query = { limit: PART, ...(pageParam !== null && { before: pageParam }) };
      return done(api.GET("/my/audit", { params: { query }, signal }));
    },
    initialPageParam: null as number | null,
    getNextPageParam: ({ next }) => next ?? null,
  });
  if (log.isPending) {
    return (
      <Loading label={texts.loading}>
        <Skeleton className="h-96" />
      </Loading>
    );
  }
  const entries = log.data?.pages.flatMap((page) => page.entries) ?? [];
  return (
    <>
      {log.isError && <ErrorNotice error={log.error} retry={() => void log.refetch()} />}
      {log.data && entries.length === 0 && (
        <Empty icon={<History aria-hidden className="size-6" />} {...texts.none} />
      )}
      {entries.length > 0 && (
        <Card>
          <Entries entries={entries} empty="" sentence={mySentenceOf} more={fromOf} />
        </Card>
      )}
      {log.hasNextPage && (
        <div>
          <Button
            variant="secondary"
            busy={log.isFetchingNextPage}
            onClick={() => void log.fetchNextPage()}
          >
            {texts.older}
          </Button>
        </div>
      )}
    </>
  );
}

function fromOf({ ip_address }: MyAuditEntry): string | null {
  return ip_address ? texts.from(ip_address) : null;
}
