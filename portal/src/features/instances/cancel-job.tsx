"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { ErrorNotice } from "@/components/error-notice";
import { Button } from "@/components/ui/button";
import { done } from "@/lib/api";
import { myJobQuery } from "@/lib/queries";
import { useServices } from "@/lib/services";
import { texts } from "@/texts/instance";

/** Takes back what is under way, where that can be: a start waits or stops after the step that runs. */
export function CancelJob({ jobId }: { jobId: number }) {
  const { api } = useServices();
  const queries = useQueryClient();
  const { data: job } = useQuery(myJobQuery(api, jobId));
  const cancel = useMutation({
    mutationFn: () => done(api.DELETE("/my/jobs/{id}", { params: { path: { id: jobId } } })),
    onSettled: () => queries.invalidateQueries(),
  });
  if (job?.stopping) return <p className="text-sm text-muted">{texts.cancel.stopping}</p>;
  if (!job?.can_be_cancelled) return null;
  return (
    <div className="grid justify-items-start gap-3">
      <Button
        size="small"
        variant="secondary"
        busy={cancel.isPending}
        onClick={() => cancel.mutate()}
      >
        {texts.cancel.action}
      </Button>
      {cancel.isError && <ErrorNotice error={cancel.error} />}
    </div>
  );
}
