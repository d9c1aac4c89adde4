"use client";

import Link from "next/link";
import { useSearchParams } from "next/navigation";
import { Suspense } from "react";

import { ErrorNotice } from "@/components/error-notice";
import { Loading } from "@/components/loading";
import { Page } from "@/components/page";
import { Section } from "@/components/section";
import { ButtonLink } from "@/components/ui/button";
import { Notice } from "@/components/ui/notice";
import { ProblemError } from "@/lib/problem";
import { NeedsSession } from "@/lib/session";
import { texts as common } from "@/texts/common";
import { texts as health } from "@/texts/health";
import { texts } from "@/texts/instance";

import { HealthStrip } from "./health-strip";
import { InstanceActions } from "./instance-actions";
import { InstanceAddresses } from "./instance-addresses";
import { InstanceEvents } from "./instance-events";
import { InstanceStatus } from "./instance-status";
import { OwnerAccess } from "./owner-access";
import { StatusBadge } from "./status-badge";
import { useInstance } from "./use-instance";

/** `/instance?id=N`: everything about one instance, as it happens. */
export function InstanceDetail() {
  return (
    <Suspense fallback={<Loading />}>
      <NeedsSession>
        <ById />
      </NeedsSession>
    </Suspense>
  );
}

function ById() {
  const text = useSearchParams().get("id") ?? "";
  // The API's numbers are 32 bits wide; anything else cannot be one of them.
  const id = /^\d{1,10}$/.test(text) ? Number(text) : 0;
  if (id < 1 || id > 0x7fff_ffff) return <NoSuchInstance />;
  return <One key={id} id={id} />;
}

function One({ id }: { id: number }) {
  const { detail, events, trouble } = useInstance(id);
  if (detail.isPending) return <Loading label={texts.loading} />;
  const instance = detail.data;
  if (instance === undefined) {
    const { error } = detail;
    const unknown = error instanceof ProblemError && error.status === 404;
    return unknown ? (
      <NoSuchInstance />
    ) : (
      <ErrorNotice error={error} retry={() => void detail.refetch()} />
    );
  }
  return (
    <Page title={instance.name} aside={<StatusBadge instance={instance} />}>
      {trouble && (
        <Notice tone="warn" data-testid="interrupted">
          {texts.interrupted(trouble.detail)}
        </Notice>
      )}
      {instance.notice && <Notice data-testid="instance-notice">{instance.notice}</Notice>}
      <div className="grid items-start gap-6 lg:grid-cols-2">
        <div className="grid gap-6">
          <InstanceStatus instance={instance} />
          <InstanceActions instance={instance} />
        </div>
        <div className="grid gap-6">
          <InstanceAddresses instance={instance} />
          <OwnerAccess instance={instance} />
        </div>
      </div>
      {instance.health_history && (
        <Section title={health.title} lead={health.lead}>
          <HealthStrip hours={instance.health_history} />
        </Section>
      )}
      <InstanceEvents events={events} steps={instance.progress} />
    </Page>
  );
}

function NoSuchInstance() {
  return (
    <Page title={texts.none.title} lead={texts.none.text} narrow>
      <div>
        <ButtonLink>
          <Link href="/dashboard">{common.toDashboard}</Link>
        </ButtonLink>
      </div>
    </Page>
  );
}
