"use client";

import { type FormEvent, type ReactNode, useState } from "react";

import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Field } from "@/components/ui/field";
import { Notice } from "@/components/ui/notice";

export interface Credentials {
  email: string;
  password: string;
}

interface AuthFormProps {
  action: string;
  /** Tells password managers whether to offer a new password. */
  password: "current-password" | "new-password";
  /** Characters; none to take any. */
  shortest?: number;
  /** Does it; the text of what went wrong, or null. */
  submit: (credentials: Credentials) => Promise<string | null>;
  children?: ReactNode;
}

/** E-mail address and password. */
export function AuthForm({ action, password, shortest, submit, children }: AuthFormProps) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const send = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const credentials = { email: entry(form, "email").trim(), password: entry(form, "password") };
    setBusy(true);
    setProblem(null);
    setProblem(await submit(credentials));
    setBusy(false);
  };
  return (
    <Card>
      {/* `post`: a password must not end up in the address, even before the scripts run. */}
      <form method="post" className="grid gap-4" onSubmit={(event) => void send(event)}>
        <Field label="E-mail address" name="email" type="email" autoComplete="email" required />
        <Field
          label="Password"
          name="password"
          type="password"
          autoComplete={password}
          required
          minLength={shortest}
          hint={shortest && `At least ${shortest} characters.`}
        />
        {problem && (
          <Notice tone="bad" data-testid="problem">
            {problem}
          </Notice>
        )}
        <Button type="submit" busy={busy}>
          {action}
        </Button>
      </form>
      {children && <div className="pt-4 text-sm text-muted">{children}</div>}
    </Card>
  );
}

function entry(form: FormData, name: string): string {
  const value = form.get(name);
  return typeof value === "string" ? value : "";
}
