"use client";

import { zodResolver } from "@hookform/resolvers/zod";
import { type ReactNode, useState } from "react";
import { useForm } from "react-hook-form";

import { PasswordField } from "@/components/password-field";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Field } from "@/components/ui/field";
import { Notice } from "@/components/ui/notice";
import { texts } from "@/texts/auth";

import {
  addressOnly,
  type Credentials,
  fresh,
  passwordOnly,
  present,
  SHORTEST,
} from "./credentials";

const SCHEMAS = { present, fresh, addressOnly, passwordOnly };

interface AuthFormProps {
  /** Which fields it has and what they must be. */
  asks: keyof typeof SCHEMAS;
  action: string;
  /** Does it; what went wrong, in words and perhaps with a way on, or null. */
  submit: (credentials: Credentials) => Promise<ReactNode>;
  /** Between the fields and the button. */
  before?: ReactNode;
  children?: ReactNode;
}

/** E-mail address, password, or both. What was typed stays when sending it fails. */
export function AuthForm({ asks, action, submit, before, children }: AuthFormProps) {
  const [problem, setProblem] = useState<ReactNode>(null);
  const { register, handleSubmit, formState } = useForm<Credentials>({
    // Fields that a form does not have are not in its schema.
    resolver: zodResolver(SCHEMAS[asks] as unknown as typeof present),
    defaultValues: { email: "", password: "" },
    mode: "onTouched",
  });
  const { errors, isSubmitting } = formState;
  const send = async (credentials: Credentials) => {
    setProblem(null);
    setProblem(await submit(credentials));
  };
  const isNew = asks === "fresh" || asks === "passwordOnly";
  return (
    <Card>
      {/* `post`: a password must not end up in the address, even before the scripts run. */}
      <form
        method="post"
        noValidate
        className="grid gap-4"
        onSubmit={(event) => void handleSubmit(send)(event)}
      >
        {asks !== "passwordOnly" && (
          <Field
            {...register("email")}
            label={texts.email}
            type="email"
            autoComplete="email"
            problem={errors.email?.message}
          />
        )}
        {asks !== "addressOnly" && (
          <PasswordField
            {...register("password")}
            label={asks === "passwordOnly" ? texts.newPassword : texts.password}
            autoComplete={isNew ? "new-password" : "current-password"}
            hint={isNew && texts.atLeast(SHORTEST)}
            problem={errors.password?.message}
          />
        )}
        {before}
        {problem && (
          <Notice tone="bad" data-testid="problem">
            {problem}
          </Notice>
        )}
        <Button type="submit" busy={isSubmitting}>
          {action}
        </Button>
      </form>
      {children && <div className="pt-4 text-sm text-muted">{children}</div>}
    </Card>
  );
}
