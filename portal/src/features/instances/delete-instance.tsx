"use client";

import { zodResolver } from "@hookform/resolvers/zod";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useForm } from "react-hook-form";
import * as z from "zod/mini";

import { ErrorNotice } from "@/components/error-notice";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Field } from "@/components/ui/field";
import { done, type Instance } from "@/lib/api";
import { instanceQuery } from "@/lib/queries";
import { zDeleteInstance } from "@/lib/schemas/zod.gen";
import { useServices } from "@/lib/services";
import { texts } from "@/texts/instance";

interface DeleteInstanceProps {
  instance: Instance;
  open: boolean;
  onClose: () => void;
}

/** Deletes an instance after its subdomain was typed. */
export function DeleteInstance({ instance, open, onClose }: DeleteInstanceProps) {
  return (
    <Dialog open={open} onClose={onClose} title={texts.remove.title(instance.name)}>
      <Confirmation instance={instance} close={onClose} />
    </Dialog>
  );
}

/** Exactly the instance's name, blanks around it aside. */
function confirmationOf(subdomain: string) {
  const { confirm } = zDeleteInstance.shape;
  return z.object({
    confirm: confirm.check(
      z.trim(),
      z.refine((typed) => typed === subdomain),
    ),
  });
}

function Confirmation({ instance, close }: { instance: Instance; close: () => void }) {
  const { api } = useServices();
  const queries = useQueryClient();
  const id = instance.instance_id;
  const { register, handleSubmit, formState } = useForm({
    resolver: zodResolver(confirmationOf(instance.subdomain)),
    defaultValues: { confirm: "" },
    mode: "onChange",
  });
  const remove = useMutation({
    mutationFn: (body: { confirm: string }) =>
      done(api.DELETE("/my/instances/{id}", { params: { path: { id } }, body })),
    onSuccess: async () => {
      await Promise.all([
        queries.invalidateQueries({ queryKey: instanceQuery(api, id).queryKey }),
        queries.invalidateQueries({ queryKey: ["instances"] }),
      ]);
      close();
    },
  });
  return (
    <form
      className="grid gap-4"
      onSubmit={(event) => void handleSubmit((typed) => remove.mutate(typed))(event)}
    >
      <p>{texts.remove.text}</p>
      <Field
        {...register("confirm")}
        label={texts.remove.confirm(instance.subdomain)}
        autoCapitalize="none"
        autoComplete="off"
        spellCheck={false}
        autoFocus
      />
      {remove.isError && <ErrorNotice error={remove.error} />}
      <div className="flex flex-wrap justify-end gap-2">
        <Button variant="secondary" onClick={close}>
          {texts.remove.keep}
        </Button>
        <Button
          type="submit"
          variant="danger"
          busy={remove.isPending}
          disabled={!formState.isValid}
        >
          {texts.remove.action}
        </Button>
      </div>
    </form>
  );
}
