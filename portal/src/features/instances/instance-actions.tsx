"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Play, RotateCw, Square, Trash2 } from "lucide-react";
import { useState } from "react";

import { ErrorNotice } from "@/components/error-notice";
import { Button } from "@/components/ui/button";
import { Card, CardTitle } from "@/components/ui/card";
import { Notice } from "@/components/ui/notice";
import { done, type Instance } from "@/lib/api";
import { actionsOf, isSettling } from "@/lib/instance-status";
import { instanceQuery } from "@/lib/queries";
import { useServices } from "@/lib/services";
import { texts } from "@/texts/instance";

import { DeleteInstance } from "./delete-instance";

const COMMANDS = [
  { name: "start", label: texts.actions.start, icon: Play },
  { name: "stop", label: texts.actions.stop, icon: Square },
  { name: "restart", label: texts.actions.restart, icon: RotateCw },
] as const;

type Command = (typeof COMMANDS)[number]["name"];

/** What the owner can do with it now. */
export function InstanceActions({ instance }: { instance: Instance }) {
  const { api } = useServices();
  const queries = useQueryClient();
  const [deleting, setDeleting] = useState(false);
  const id = instance.instance_id;
  const possible = actionsOf(instance);
  const command = useMutation({
    mutationFn: (name: Command) =>
      done(api.POST(`/my/instances/{id}/${name}`, { params: { path: { id } } })),
    onSettled: () =>
      Promise.all([
        queries.invalidateQueries({ queryKey: instanceQuery(api, id).queryKey }),
        queries.invalidateQueries({ queryKey: ["instances"] }),
      ]),
  });
  if (possible.size === 0) return null;
  return (
    <Card className="grid gap-4">
      <CardTitle>{texts.actions.title}</CardTitle>
      <div className="flex flex-wrap gap-2">
        {COMMANDS.filter(({ name }) => possible.has(name)).map(({ name, label, icon: Icon }) => (
          <Button
            key={name}
            variant="secondary"
            busy={command.isPending && command.variables === name}
            disabled={command.isPending}
            onClick={() => command.mutate(name)}
          >
            <Icon aria-hidden className="size-4" />
            {name === "start" && instance.status === "error" ? texts.actions.retry : label}
          </Button>
        ))}
        {possible.has("delete") && (
          <Button variant="danger" disabled={command.isPending} onClick={() => setDeleting(true)}>
            <Trash2 aria-hidden className="size-4" />
            {texts.actions.delete}
          </Button>
        )}
      </div>
      {command.isError && <ErrorNotice error={command.error} />}
      {command.isSuccess && isSettling(instance) && (
        <Notice data-testid="action-message">{command.data.message}</Notice>
      )}
      <DeleteInstance instance={instance} open={deleting} onClose={() => setDeleting(false)} />
    </Card>
  );
}
