"use client";

import { useQuery } from "@tanstack/react-query";

import { done } from "@/lib/api";
import { useServices } from "@/lib/services";
import { texts } from "@/texts/instance";

/** How often the queue is looked at (milliseconds). */
const LOOK_EVERY = 3_000;

/** Where the work stands in the queue, while it waits there. */
export function QueuePosition({ jobId }: { jobId: number }) {
  const { api } = useServices();
  const { data: job } = useQuery({
    queryKey: ["my-job", jobId],
    queryFn: ({ signal }) =>
      done(api.GET("/my/jobs/{id}", { params: { path: { id: jobId } }, signal })),
    refetchInterval: LOOK_EVERY,
  });
  if (job?.state !== "queued") return null;
  const { first, position: ahead, waiting } = texts.status;
  const text = job.position == null ? waiting : job.position <= 1 ? first : ahead(job.position - 1);
  return (
    <p className="text-sm text-muted" data-testid="queue-position">
      {text}
    </p>
  );
}
