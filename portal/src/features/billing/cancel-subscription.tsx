"use client";

import { useMutation } from "@tanstack/react-query";
import { useId, useState } from "react";

import { ErrorNotice } from "@/components/error-notice";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { done, type Subscription } from "@/lib/api";
import { day } from "@/lib/format";
import { useServices } from "@/lib/services";
import { texts as billing } from "@/texts/billing";

import type { Changed } from "./use-following";

const { cancel: texts, reactivate } = billing;

interface EndOrGoOnProps {
  mine: Subscription;
  changed: Changed;
}

/** The way to end the subscription, or to take that back while it has not ended. */
export function EndOrGoOn({ mine, changed }: EndOrGoOnProps) {
  if (mine.cancel_at_period_end) return <GoOn changed={changed} />;
  return <End mine={mine} changed={changed} />;
}

function GoOn({ changed }: Pick<EndOrGoOnProps, "changed">) {
  const { api } = useServices();
  const goOn = useMutation({
    mutationFn: () => done(api.POST("/my/subscription/reactivate")),
    onSuccess: () => changed(reactivate.done, (mine) => mine?.cancel_at_period_end === false),
  });
  return (
    <div className="grid justify-items-start gap-3">
      {goOn.isError && <ErrorNotice error={goOn.error} />}
      <Button busy={goOn.isPending} onClick={() => goOn.mutate()}>
        {reactivate.action}
      </Button>
    </div>
  );
}

function End({ mine, changed }: EndOrGoOnProps) {
  const [open, setOpen] = useState(false);
  const close = () => setOpen(false);
  return (
    <div>
      <Button variant="danger" onClick={() => setOpen(true)}>
        {texts.action}
      </Button>
      <Dialog open={open} onClose={close} title={texts.title}>
        <Choice mine={mine} changed={changed} close={close} />
      </Dialog>
    </div>
  );
}

function willEnd(mine: Subscription | null): boolean {
  return mine?.cancel_at_period_end === true;
}

function hasEnded(mine: Subscription | null): boolean {
  return mine === null || mine.tier === "free" || mine.status === "cancelled";
}

interface ChoiceProps extends EndOrGoOnProps {
  close: () => void;
}

function Choice({ mine, changed, close }: ChoiceProps) {
  const { api } = useServices();
  const [atPeriodEnd, setAtPeriodEnd] = useState(true);
  const cancel = useMutation({
    mutationFn: () =>
      done(api.POST("/my/subscription/cancel", { body: { cancel_at_period_end: atPeriodEnd } })),
    onSuccess: () => {
      changed(texts.done, atPeriodEnd ? willEnd : hasEnded);
      close();
    },
  });
  return (
    <div className="grid gap-4" data-testid="cancel">
      <fieldset className="grid gap-2">
        <legend className="sr-only">{texts.when}</legend>
        <Option
          checked={atPeriodEnd}
          choose={() => setAtPeriodEnd(true)}
          label={texts.periodEnd}
          text={texts.periodEndText(day(mine.current_period_end))}
        />
        <Option
          checked={!atPeriodEnd}
          choose={() => setAtPeriodEnd(false)}
          label={texts.now}
          text={texts.nowText}
        />
      </fieldset>
      {cancel.isError && <ErrorNotice error={cancel.error} />}
      <div className="flex flex-wrap justify-end gap-2">
        <Button variant="secondary" onClick={close}>
          {texts.keep}
        </Button>
        <Button variant="danger" busy={cancel.isPending} onClick={() => cancel.mutate()}>
          {texts.confirm}
        </Button>
      </div>
    </div>
  );
}

interface OptionProps {
  checked: boolean;
  choose: () => void;
  label: string;
  text: string;
}

function Option({ checked, choose, label, text }: OptionProps) {
  const id = useId();
  return (
    <div className="flex gap-3 rounded-lg border border-line p-3 has-checked:border-brand has-checked:bg-brand-soft/40">
      <input
        type="radio"
        id={id}
        name="when"
        checked={checked}
        onChange={choose}
        aria-describedby={`${id}-text`}
        className="mt-1 size-4 shrink-0 accent-brand"
      />
      <div className="grid gap-0.5">
        <label htmlFor={id} className="font-medium">
          {label}
        </label>
        <p id={`${id}-text`} className="text-sm text-muted">
          {text}
        </p>
      </div>
    </div>
  );
}
