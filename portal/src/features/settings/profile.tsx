"use client";

import { zodResolver } from "@hookform/resolvers/zod";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useForm } from "react-hook-form";
import * as z from "zod/mini";

import { ErrorNotice } from "@/components/error-notice";
import { Section } from "@/components/section";
import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/field";
import { type Account, done } from "@/lib/api";
import { optionalLine } from "@/lib/optional-line";
import { accountQuery } from "@/lib/queries";
import { zChangeMyAccount } from "@/lib/schemas/zod.gen";
import { useServices } from "@/lib/services";
import { forgetDraft, useDraft } from "@/lib/use-draft";
import { texts as settings } from "@/texts/settings";

const { profile: texts } = settings;

const { full_name, company_name } = zChangeMyAccount.shape;
const names = z.object({
  full_name: optionalLine(full_name),
  company_name: optionalLine(company_name),
});

type Names = z.infer<typeof names>;

/** Names that one goes by; an empty line takes one away. */
export function Profile({ account }: { account: Account }) {
  const { api } = useServices();
  const queries = useQueryClient();
  const draft = `profile.${account.id}`;
  const form = useForm<Names>({
    resolver: zodResolver(names),
    values: { full_name: account.full_name ?? "", company_name: account.company_name ?? "" },
    // What is being typed stays while the account is read again.
    resetOptions: { keepDirtyValues: true },
  });
  useDraft(form, draft);
  const save = useMutation({
    mutationFn: (body: Names) =>
      done(
        api.PATCH("/my/account", {
          body: { full_name: body.full_name || null, company_name: body.company_name || null },
        }),
      ),
    onSuccess: (changed, body) => {
      forgetDraft(draft);
      form.reset(body);
      queries.setQueryData(accountQuery(api).queryKey, changed);
    },
  });
  const { register, handleSubmit, formState } = form;
  const { errors, isDirty } = formState;
  return (
    <Section title={texts.title} testId="profile">
      <form
        className="grid gap-4"
        onSubmit={(event) => void handleSubmit((body) => save.mutate(body))(event)}
        noValidate
      >
        <Field label={texts.email} hint={texts.emailHint} value={account.email} readOnly />
        <Field
          {...register("full_name")}
          label={texts.fullName}
          problem={errors.full_name?.message}
          autoComplete="name"
        />
        <Field
          {...register("company_name")}
          label={texts.company}
          problem={errors.company_name?.message}
          autoComplete="organization"
        />
        {save.isError && <ErrorNotice error={save.error} />}
        <div className="flex flex-wrap items-center gap-3">
          <Button type="submit" busy={save.isPending} disabled={!isDirty}>
            {texts.action}
          </Button>
          <p role="status" className="text-sm text-muted">
            {isDirty ? texts.unsaved : save.isSuccess ? texts.saved : null}
          </p>
        </div>
      </form>
    </Section>
  );
}
