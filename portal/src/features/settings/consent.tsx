"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useId } from "react";

import { ErrorNotice } from "@/components/error-notice";
import { Section } from "@/components/section";
import { type Account, done } from "@/lib/api";
import { accountQuery } from "@/lib/queries";
import { useServices } from "@/lib/services";
import { texts as settings } from "@/texts/settings";

const { consent: texts } = settings;

type Agreed = Pick<Account, "consent_marketing" | "consent_analytics">;

/** What the person agrees to: saved with each tick, taken back on the page when that fails. */
export function Consent({ account }: { account: Account }) {
  const { api } = useServices();
  const queries = useQueryClient();
  const { queryKey } = accountQuery(api);
  const show = (agreed: Agreed) =>
    queries.setQueryData(queryKey, (known) => (known ? { ...known, ...agreed } : known));
  const save = useMutation({
    // One after the other: the last tick must be the last that is saved.
    scope: { id: "consent" },
    mutationFn: ({ consent_marketing, consent_analytics }: Agreed) =>
      done(
        api.POST("/my/gdpr/consent", {
          body: { marketing: consent_marketing, analytics: consent_analytics },
        }),
      ),
    onMutate: (agreed) => {
      const { consent_marketing, consent_analytics } = account;
      show(agreed);
      return { consent_marketing, consent_analytics };
    },
    onError: (_error, _agreed, before) => before && show(before),
  });
  const { consent_marketing, consent_analytics } = account;
  const agreed = { consent_marketing, consent_analytics };
  return (
    <Section title={texts.title} lead={texts.lead} testId="consent">
      <Tick
        label={texts.marketing}
        text={texts.marketingText}
        checked={consent_marketing}
        change={(yes) => save.mutate({ ...agreed, consent_marketing: yes })}
      />
      <Tick
        label={texts.analytics}
        text={texts.analyticsText}
        checked={consent_analytics}
        change={(yes) => save.mutate({ ...agreed, consent_analytics: yes })}
      />
      {save.isError && <ErrorNotice error={save.error} />}
      <p role="status" className="text-sm text-muted empty:hidden">
        {save.isSuccess ? texts.saved : null}
      </p>
    </Section>
  );
}

interface TickProps {
  label: string;
  text: string;
  checked: boolean;
  change: (yes: boolean) => void;
}

function Tick({ label, text, checked, change }: TickProps) {
  const id = useId();
  return (
    <div className="flex gap-3">
      <input
        type="checkbox"
        id={id}
        checked={checked}
        onChange={(event) => change(event.target.checked)}
        aria-describedby={`${id}-text`}
        className="mt-1 size-4 shrink-0 accent-brand"
      />
      <div className="grid gap-0.5">
        <label htmlFor={id} className="font-medium">
          {label}
        </label>
        <p id={`${id}-text`} className="text-sm text-pretty text-muted">
          {text}
        </p>
      </div>
    </div>
  );
}
