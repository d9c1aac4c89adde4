"use client";

import { useQuery } from "@tanstack/react-query";
import { Bot } from "lucide-react";
import Link from "next/link";

import { Empty } from "@/components/empty";
import { ErrorNotice } from "@/components/error-notice";
import { Loading } from "@/components/loading";
import { ButtonLink } from "@/components/ui/button";
import { Skeleton } from "@/components/ui/skeleton";
import { CreateInstance } from "@/features/instances/create-instance";
import { InstanceCard } from "@/features/instances/instance-card";
import { instancesQuery, subscriptionQuery } from "@/lib/queries";
import { useServices } from "@/lib/services";
import { texts } from "@/texts/account";

/** The account's instances as they are now; for a paid plan without one, the way to create it. */
export function MyInstances() {
  return (
    <section aria-labelledby="instances" className="grid gap-4">
      <h2 id="instances" className="text-xl font-semibold">
        {texts.dashboard.instances}
      </h2>
      <List />
    </section>
  );
}

function List() {
  const { api } = useServices();
  const instances = useQuery(instancesQuery(api));
  const subscription = useQuery(subscriptionQuery(api));
  if (instances.isPending || subscription.isPending) {
    return (
      <Loading label={texts.dashboard.loadingInstances}>
        <Skeleton className="h-24" />
      </Loading>
    );
  }
  // A failure while looking again does not take away what is on the page.
  if (instances.data === undefined) {
    return <ErrorNotice error={instances.error} retry={() => void instances.refetch()} />;
  }
  const none = instances.data.length === 0;
  return (
    <>
      {instances.isError && <ErrorNotice error={instances.error} />}
      <ul className="grid gap-4 empty:hidden" data-testid="instances">
        {instances.data.map((instance) => (
          <InstanceCard key={instance.id} instance={instance} />
        ))}
      </ul>
      {none && subscription.data?.can_run_instances && <CreateInstance />}
      {none && !subscription.data?.can_run_instances && <NoInstance />}
    </>
  );
}

function NoInstance() {
  const { none, noneText, choosePlan } = texts.dashboard;
  return (
    <Empty icon={<Bot aria-hidden className="size-6" />} title={none} text={noneText}>
      <ButtonLink variant="secondary">
        <Link href="/#plans" prefetch={false}>
          {choosePlan}
        </Link>
      </ButtonLink>
    </Empty>
  );
}
