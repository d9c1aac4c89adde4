import Link from "next/link";

import { ButtonLink } from "@/components/ui/button";
import type { Instance } from "@/lib/api";
import { isReachable } from "@/lib/instance-status";
import { texts as account } from "@/texts/account";

import { StatusBadge } from "./status-badge";

const { dashboard: texts } = account;

/** One instance among others. */
export function InstanceCard({ instance }: { instance: Instance }) {
  const page = `/instance?id=${instance.instance_id}`;
  return (
    <li
      className="flex flex-wrap items-center justify-between gap-4 rounded-xl border border-line bg-surface p-5"
      data-testid={`instance-${instance.instance_id}`}
    >
      <div className="grid min-w-0 gap-1">
        <div className="flex flex-wrap items-center gap-2">
          <h3 className="font-semibold wrap-anywhere">
            <Link href={page} className="hover:underline">
              {instance.name}
            </Link>
          </h3>
          <StatusBadge instance={instance} />
        </div>
        <p className="text-sm wrap-anywhere text-muted" data-dynamic>
          {progressText(instance) ?? instance.frontend_url}
        </p>
      </div>
      <div className="flex flex-wrap gap-2">
        {isReachable(instance) && (
          <ButtonLink variant="secondary" size="small">
            <a href={instance.frontend_url} target="_blank" rel="noreferrer">
              {texts.open}
              <span className="sr-only">{instance.name}</span>
            </a>
          </ButtonLink>
        )}
        <ButtonLink variant="secondary" size="small">
          <Link href={page}>
            {texts.details}
            <span className="sr-only">{texts.detailsOf(instance.name)}</span>
          </Link>
        </ButtonLink>
      </div>
    </li>
  );
}

/** The step under way, or why it is as it is; null when there is nothing to say. */
function progressText({ progress, status_reason }: Instance): string | null {
  const at = progress.findIndex((step) => step.state === "running");
  const step = progress[at];
  if (step) return texts.step(at + 1, progress.length, step.title);
  return status_reason ?? null;
}
