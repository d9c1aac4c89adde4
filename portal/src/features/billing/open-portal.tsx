"use client";

import { useMutation } from "@tanstack/react-query";

import { ErrorNotice } from "@/components/error-notice";
import { Button } from "@/components/ui/button";
import { done } from "@/lib/api";
import { useLeaving } from "@/lib/leaving";
import { useServices } from "@/lib/services";

/** The button to the payment provider's page for customers. */
export function OpenPortal({ label }: { label: string }) {
  const { api } = useServices();
  const [leaving, leave] = useLeaving();
  const portal = useMutation({
    mutationFn: () => done(api.POST("/stripe/portal")),
    onSuccess: ({ url }) => leave(url),
  });
  return (
    <div className="grid justify-items-start gap-3">
      {portal.isError && <ErrorNotice error={portal.error} />}
      <Button busy={portal.isPending || leaving} onClick={() => portal.mutate()}>
        {label}
      </Button>
    </div>
  );
}
