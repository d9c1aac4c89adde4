"use client";

import { Eye, EyeOff } from "lucide-react";
import { type ComponentProps, useState } from "react";

import { texts } from "@/texts/auth";

import { Button } from "./ui/button";
import { Field } from "./ui/field";

/** A line for a password, which can be looked at. */
export function PasswordField(props: Omit<ComponentProps<typeof Field>, "type" | "button">) {
  const [shown, setShown] = useState(false);
  const Icon = shown ? EyeOff : Eye;
  return (
    <Field
      {...props}
      type={shown ? "text" : "password"}
      autoCapitalize="none"
      autoCorrect="off"
      spellCheck={false}
      button={
        <Button
          variant="ghost"
          size="icon"
          className="size-9"
          aria-label={shown ? texts.hide : texts.show}
          onClick={() => setShown(!shown)}
        >
          <Icon aria-hidden className="size-4" />
        </Button>
      }
    />
  );
}
