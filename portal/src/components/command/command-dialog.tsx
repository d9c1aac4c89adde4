"use client";

import { zodResolver } from "@hookform/resolvers/zod";
import { useMutation } from "@tanstack/react-query";
import { useForm } from "react-hook-form";

import { ErrorNotice } from "@/components/error-notice";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Field } from "@/components/ui/field";
import { TextArea } from "@/components/ui/text-area";
import { texts } from "@/texts/command";

import { type Command, givenFor } from "./command";

interface CommandDialogProps {
  /** None: the dialog is closed. */
  command: Command | null;
  close: () => void;
  /** The API has taken it. */
  taken: (command: Command) => void;
}

/** Says what will happen, asks for the reason and the confirmation, and sends it. */
export function CommandDialog({ command, close, taken }: CommandDialogProps) {
  return (
    <Dialog open={command !== null} onClose={close} title={command?.title ?? ""}>
      {command && <CommandForm command={command} close={close} taken={taken} />}
    </Dialog>
  );
}

interface CommandFormProps extends CommandDialogProps {
  command: Command;
}

function CommandForm({ command, close, taken }: CommandFormProps) {
  const { register, handleSubmit, formState } = useForm({
    resolver: zodResolver(givenFor(command)),
    defaultValues: { reason: "", confirm: "" },
    mode: "onTouched",
    reValidateMode: "onChange",
  });
  // What was typed stays when sending fails: the dialog closes only once the command was taken.
  const sending = useMutation({ mutationFn: command.run, onSuccess: () => taken(command) });
  const { reason, confirm, danger, action, text } = command;
  return (
    <form
      className="grid gap-4"
      onSubmit={(event) => void handleSubmit((given) => sending.mutate(given))(event)}
      noValidate
      data-testid="command"
    >
      <p className="text-pretty">{text}</p>
      {reason && (
        <TextArea
          {...register("reason")}
          label={texts.reason}
          hint={texts.reasonHint}
          problem={formState.errors.reason?.message}
          autoFocus
        />
      )}
      {confirm !== undefined && (
        <Field
          {...register("confirm")}
          label={texts.type(confirm)}
          autoCapitalize="none"
          autoComplete="off"
          spellCheck={false}
          autoFocus={!reason}
        />
      )}
      {sending.isError && <ErrorNotice error={sending.error} />}
      <div className="flex flex-wrap justify-end gap-2">
        <Button variant="secondary" onClick={close}>
          {texts.keep}
        </Button>
        <Button
          type="submit"
          variant={danger ? "danger" : "primary"}
          busy={sending.isPending}
          disabled={confirm !== undefined && !formState.isValid}
        >
          {action}
        </Button>
      </div>
    </form>
  );
}
