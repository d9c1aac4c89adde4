"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useId, useState } from "react";

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
  // A tick shows at once: what is known changes only after the event, and the box would jump back for a moment.
  const [ticked, setTicked] = useState<Agreed>();
  const save = useMutation({
    // One after the other: the last tick must be the last that is saved.
    scope: { id: "consent" },
    mutationFn: ({ consent_marketing, consent_analytics }: Agreed) =>
      done(
        api.POST("/my/gdpr/consent", {
          body: { marketing: consent_marketing, analytics: consent_analytics },
        }),
      ),
    onSuccess: (_answer, agreed) =>
      queries.setQueryData(queryKey, (known) => (known ? { ...known, ...agreed } : known)),
    onError: () => setTicked(undefined),
  });
  const agreed = ticked ?? {
    consent_marketing: account.consent_marketing,
    consent_analytics: account.consent_analytics,
  };
  const change = (changed: Partial<Agreed>) => {
    const next = { ...agreed, ...changed };
    setTicked(next);
    save.mutate(next);
  };
  return (
    <Section title={texts.title} lead={texts.lead} testId="consent">
      <Tick
        label={texts.marketing}
        text={texts.marketingText}
        checked={agreed.consent_marketing}
        change={(yes) => change({ consent_marketing: yes })}
      />
      <Tick
        label={texts.analytics}
        text={texts.analyticsText}
        checked={agreed.consent_analytics}
        change={(yes) => change({ consent_analytics: yes })}
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
