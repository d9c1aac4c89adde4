"use client";

import { zodResolver } from "@hookform/resolvers/zod";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useForm } from "react-hook-form";
import * as z from "zod/mini";

import { ErrorNotice } from "@/components/error-notice";
import { Section } from "@/components/section";
import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/field";
import { TextArea } from "@/components/ui/text-area";
import { type AccountDetail, done } from "@/lib/api";
import { optionalLine } from "@/lib/optional-line";
import { zEditAccount } from "@/lib/schemas/zod.gen";
import { useServices } from "@/lib/services";
import { forgetDraft, useDraft } from "@/lib/use-draft";
import { texts } from "@/texts/admin-accounts";

const { edit } = texts;

const { shape } = zEditAccount;

/** An empty line takes a name away. */
const names = z.object({
  full_name: optionalLine(shape.full_name),
  company_name: optionalLine(shape.company_name),
  notes: optionalLine(shape.notes),
});

type Names = z.infer<typeof names>;

/** The account's names, and what administrators note about it. */
export function EditAccount({ account }: { account: AccountDetail["account"] }) {
  const { api } = useServices();
  const queries = useQueryClient();
  const { id, full_name, company_name, notes } = account;
  const draft = `admin-account.${id}`;
  const form = useForm<Names>({
    resolver: zodResolver(names),
    values: {
      full_name: full_name ?? "",
      company_name: company_name ?? "",
      notes: notes ?? "",
    },
    // What is being typed stays while the page behind is read again.
    resetOptions: { keepDirtyValues: true },
  });
  const { register, formState, handleSubmit } = form;
  useDraft(form, draft);
  const save = useMutation({
    mutationFn: (body: Names) =>
      done(
        api.PUT("/admin/accounts/{id}", {
          params: { path: { id } },
          body: {
            full_name: body.full_name || null,
            company_name: body.company_name || null,
            notes: body.notes || null,
          },
        }),
      ),
    onSuccess: async (_, body) => {
      forgetDraft(draft);
      form.reset(body);
      await queries.invalidateQueries({ queryKey: ["admin"] });
    },
  });
  const { errors, isDirty } = formState;
  return (
    <Section title={edit.title}>
      <form
        className="grid gap-4"
        onSubmit={(event) => void handleSubmit((body) => save.mutate(body))(event)}
        noValidate
      >
        <div className="grid gap-4 sm:grid-cols-2">
          <Field
            {...register("full_name")}
            label={edit.fullName}
            problem={errors.full_name?.message}
          />
          <Field
            {...register("company_name")}
            label={edit.company}
            problem={errors.company_name?.message}
          />
        </div>
        <TextArea
          {...register("notes")}
          label={edit.notes}
          hint={edit.notesHint}
          problem={errors.notes?.message}
          rows={4}
        />
        {save.isError && <ErrorNotice error={save.error} />}
        <div className="flex flex-wrap items-center gap-3">
          <Button type="submit" busy={save.isPending} disabled={!isDirty}>
            {edit.action}
          </Button>
          <p role="status" className="text-sm text-muted">
            {isDirty ? edit.unsaved : save.isSuccess ? edit.saved : null}
          </p>
        </div>
      </form>
    </Section>
  );
}
