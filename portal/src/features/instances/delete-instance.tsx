"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";

import { ErrorNotice } from "@/components/error-notice";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Field } from "@/components/ui/field";
import { done, type Instance } from "@/lib/api";
import { instanceQuery } from "@/lib/queries";
import { useServices } from "@/lib/services";

interface DeleteInstanceProps {
  instance: Instance;
  open: boolean;
  onClose: () => void;
}

/** Deletes an instance after its subdomain was typed. */
export function DeleteInstance({ instance, open, onClose }: DeleteInstanceProps) {
  const { api } = useServices();
  const queries = useQueryClient();
  const [typed, setTyped] = useState("");
  const id = instance.instance_id;
  const remove = useMutation({
    mutationFn: () =>
      done(
        api.DELETE("/my/instances/{id}", {
          params: { path: { id } },
          body: { confirm: typed },
        }),
      ),
    onSuccess: async () => {
      await Promise.all([
        queries.invalidateQueries({ queryKey: instanceQuery(api, id).queryKey }),
        queries.invalidateQueries({ queryKey: ["instances"] }),
      ]);
      close();
    },
  });
  const close = () => {
    setTyped("");
    remove.reset();
    onClose();
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (typed === instance.subdomain) remove.mutate();
  };
  return (
    <Dialog open={open} onClose={close} title={`Delete ${instance.name}?`}>
      <form className="grid gap-4" onSubmit={submit}>
        <p>
          The instance stops, its address goes, and its rooms, messages and agents are removed. This
          cannot be undone here.
        </p>
        <Field
          label={`Type ${instance.subdomain} to confirm`}
          value={typed}
          onChange={(event) => setTyped(event.target.value.trim())}
          autoCapitalize="none"
          autoComplete="off"
          spellCheck={false}
          autoFocus
        />
        {remove.isError && <ErrorNotice error={remove.error} />}
        <div className="flex flex-wrap justify-end gap-2">
          <Button variant="secondary" onClick={close}>
            Keep it
          </Button>
          <Button
            type="submit"
            variant="danger"
            busy={remove.isPending}
            disabled={typed !== instance.subdomain}
          >
            Delete instance
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
