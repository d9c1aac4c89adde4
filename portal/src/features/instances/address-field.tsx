"use client";

import { CircleCheck } from "lucide-react";
import type { ReactNode } from "react";
import { useWatch } from "react-hook-form";

import { Field } from "@/components/ui/field";
import { useServices } from "@/lib/services";
import { subdomainProblem, tidySubdomain } from "@/lib/subdomain";
import { rememberWish } from "@/lib/wished-address";
import { texts } from "@/texts/instance";

import { type NameCheck, useNameCheck } from "./use-name-check";
import type { AddressForm } from "./use-address-form";

interface AddressFieldProps {
  form: AddressForm;
  /** What the API said about it. */
  refusal?: string | undefined;
}

/** The line for the wished address, checked while one types and remembered, whatever happens to the page. */
export function AddressField({ form, refusal }: AddressFieldProps) {
  const { settings } = useServices();
  const { control, formState, register, setValue } = form;
  const subdomain = useWatch({ control, name: "subdomain" });
  const line = register("subdomain", {
    onChange: (event: { target: { value: string } }) => {
      const tidy = tidySubdomain(event.target.value);
      setValue("subdomain", tidy, {
        shouldTouch: tidy.length >= 3,
        shouldValidate: worthChecking(tidy),
      });
      rememberWish(tidy);
    },
  });
  const check = useNameCheck(subdomain);
  const taken = check.phase === "refused" ? check.message : undefined;
  return (
    <Field
      {...line}
      label={texts.address.label}
      suffix={`.${settings.instanceDomain}`}
      hint={hintOf(check, subdomain)}
      problem={formState.errors.subdomain?.message ?? taken ?? refusal}
      placeholder={texts.address.placeholder}
      autoCapitalize="none"
      autoComplete="off"
      autoCorrect="off"
      spellCheck={false}
      maxLength={63}
    />
  );
}

/** A refusal is a problem and needs no hint. */
function hintOf({ phase }: NameCheck, subdomain: string): ReactNode {
  if (phase === "asking") return texts.address.asking;
  if (phase === "free") {
    return (
      <span className="inline-flex items-center gap-1.5 text-good" data-testid="name-free">
        <CircleCheck aria-hidden className="size-4" />
        {texts.address.available}
      </span>
    );
  }
  const fits = subdomain !== "" && subdomainProblem(subdomain) === null;
  return fits ? texts.address.free : texts.address.hint;
}

/** While the first letters are typed, "too short" would only be noise. */
function worthChecking(tidy: string): boolean {
  return tidy === "" || tidy.length >= 3;
}
