"use client";

import { useMutation, useQuery } from "@tanstack/react-query";

import { ErrorNotice } from "@/components/error-notice";
import { Loading } from "@/components/loading";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import type { Cycle } from "@/features/pricing/price";
import { done, type SubscriptionChange } from "@/lib/api";
import { money } from "@/lib/format";
import { useServices } from "@/lib/services";
import { texts as billing } from "@/texts/billing";

import type { Changed } from "./use-following";

const { change: texts } = billing;

/** What is changed to. */
export interface Target {
  plan: string;
  name: string;
  cycle: Cycle;
}

interface ChangePlanProps {
  /** None: the dialog is closed. */
  target: Target | null;
  close: () => void;
  /** The payment provider has made the change. */
  changed: Changed;
}

/** Says what a change costs before it is made. */
export function ChangePlan({ target, close, changed }: ChangePlanProps) {
  return (
    <Dialog open={target !== null} onClose={close} title={target ? texts.title(target.name) : ""}>
      {target && <Preview target={target} close={close} changed={changed} />}
    </Dialog>
  );
}

interface PreviewProps extends ChangePlanProps {
  target: Target;
}

function Preview({ target: { plan, cycle }, close, changed }: PreviewProps) {
  const { api } = useServices();
  const ask = (preview: boolean) =>
    done(
      api.POST("/my/subscription/change", {
        body: { tier: plan, billing_cycle: cycle, preview },
      }),
    );
  const cost = useQuery({
    queryKey: ["change-preview", plan, cycle],
    queryFn: () => ask(true),
    // What it costs changes with every moment: never an older answer.
    gcTime: 0,
    staleTime: 0,
    refetchOnWindowFocus: false,
  });
  const make = useMutation({
    mutationFn: () => ask(false),
    onSuccess: () => {
      changed(texts.done, (mine) => mine?.tier === plan && mine.billing_cycle === cycle);
      close();
    },
  });
  return (
    <div className="grid gap-4" data-testid="change-plan">
      <p className="text-pretty text-muted">{texts.text}</p>
      {cost.isPending && <Loading label={texts.loading} />}
      {cost.isError && <ErrorNotice error={cost.error} retry={() => void cost.refetch()} />}
      {cost.data && <Cost cost={cost.data} />}
      {make.isError && <ErrorNotice error={make.error} />}
      <div className="flex flex-wrap justify-end gap-2">
        <Button variant="secondary" onClick={close}>
          {texts.keep}
        </Button>
        <Button disabled={!cost.data} busy={make.isPending} onClick={() => make.mutate()}>
          {texts.action}
        </Button>
      </div>
    </div>
  );
}

function Cost({ cost }: { cost: SubscriptionChange }) {
  const { lines, amount_due, credit, currency, due_now } = cost;
  return (
    <dl className="grid grid-cols-[1fr_auto] gap-x-4 gap-y-1.5" data-testid="change-cost">
      {lines.map(({ description, amount }, at) => (
        <div key={at} className="contents text-sm text-muted">
          <dt>{description ?? texts.part}</dt>
          <dd className="text-right tabular-nums">{money(amount, currency)}</dd>
        </div>
      ))}
      <dt className="border-t border-line pt-2 font-semibold">
        {due_now ? texts.dueNow : texts.dueLater}
      </dt>
      <dd className="border-t border-line pt-2 text-right font-semibold tabular-nums">
        {money(amount_due, currency)}
      </dd>
      {credit > 0 && (
        <>
          <dt>{texts.credit}</dt>
          <dd className="text-right tabular-nums">{money(credit, currency)}</dd>
        </>
      )}
    </dl>
  );
}
