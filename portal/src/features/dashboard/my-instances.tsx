"use client";

import { useQuery } from "@tanstack/react-query";

import { ErrorNotice } from "@/components/error-notice";
import { Loading } from "@/components/loading";
import { CreateInstance } from "@/features/instances/create-instance";
import { InstanceCard } from "@/features/instances/instance-card";
import { instancesQuery, subscriptionQuery } from "@/lib/queries";
import { useServices } from "@/lib/services";

/** The account's instances as they are now; for a paid plan without one, the way to create it. */
export function MyInstances() {
  const { api } = useServices();
  const instances = useQuery(instancesQuery(api));
  const subscription = useQuery(subscriptionQuery(api));
  if (instances.isPending) return <Loading label="Loading your instances…" />;
  // A failure while looking again does not take away what is on the page.
  if (instances.data === undefined) {
    return <ErrorNotice error={instances.error} retry={() => void instances.refetch()} />;
  }
  const none = instances.data.length === 0;
  return (
    <section aria-labelledby="instances" className="grid gap-4">
      <h2 id="instances" className="text-xl font-semibold">
        Instances
      </h2>
      {instances.isError && <ErrorNotice error={instances.error} />}
      <ul className="grid gap-4 empty:hidden" data-testid="instances">
        {instances.data.map((instance) => (
          <InstanceCard key={instance.id} instance={instance} />
        ))}
      </ul>
      {none && subscription.data?.can_run_instances && <CreateInstance />}
      {none && !subscription.data?.can_run_instances && (
        <p className="rounded-xl border border-dashed border-line p-6 text-center text-muted">
          You have no instance yet. It comes with a paid plan.
        </p>
      )}
    </section>
  );
}
