"use client";

import { useQuery } from "@tanstack/react-query";

import { myJobQuery } from "@/lib/queries";
import { useServices } from "@/lib/services";
import { texts } from "@/texts/instance";

/** Where the work stands in the queue, while it waits there. */
export function QueuePosition({ jobId }: { jobId: number }) {
  const { api } = useServices();
  const { data: job } = useQuery(myJobQuery(api, jobId));
  if (job?.state !== "queued") return null;
  const { first, position: ahead, waiting } = texts.status;
  const text = job.position == null ? waiting : job.position <= 1 ? first : ahead(job.position - 1);
  return (
    <p className="text-sm text-muted" data-testid="queue-position">
      {text}
    </p>
  );
}
