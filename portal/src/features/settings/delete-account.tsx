"use client";

import { useCommands } from "@/components/command/use-commands";
import { Section } from "@/components/section";
import { Button } from "@/components/ui/button";
import { type Account, done } from "@/lib/api";
import { useServices } from "@/lib/services";
import { texts as settings } from "@/texts/settings";

const { remove: texts } = settings;

/** Days in which it can be taken back. */
const GRACE_DAYS = 7;

/** The end of the account, after its address was typed; `AccountGate` then shows how to take it back. */
export function DeleteAccount({ account }: { account: Account }) {
  const { api } = useServices();
  const commands = useCommands();
  const remove = () =>
    commands.ask({
      title: texts.ask,
      text: texts.askText(GRACE_DAYS),
      action: texts.confirm,
      danger: true,
      confirm: account.email,
      run: () => done(api.POST("/my/gdpr/request-deletion", { body: { confirmation: true } })),
      done: texts.done,
    });
  return (
    <Section
      title={texts.title}
      lead={texts.text}
      className="border-bad/40"
      testId="delete-account"
    >
      {commands.element}
      <div>
        <Button variant="danger" onClick={remove}>
          {texts.action}
        </Button>
      </div>
    </Section>
  );
}
