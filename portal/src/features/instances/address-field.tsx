"use client";

import { useWatch } from "react-hook-form";

import { Field } from "@/components/ui/field";
import { useServices } from "@/lib/services";
import { subdomainProblem, tidySubdomain } from "@/lib/subdomain";
import { rememberWish } from "@/lib/wished-address";
import { texts } from "@/texts/instance";

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
  const fits = subdomain !== "" && subdomainProblem(subdomain) === null;
  return (
    <Field
      {...line}
      label={texts.address.label}
      suffix={`.${settings.instanceDomain}`}
      hint={fits ? texts.address.free : texts.address.hint}
      problem={formState.errors.subdomain?.message ?? refusal}
      placeholder={texts.address.placeholder}
      autoCapitalize="none"
      autoComplete="off"
      autoCorrect="off"
      spellCheck={false}
      maxLength={63}
    />
  );
}

/** While the first letters are typed, "too short" would only be noise. */
function worthChecking(tidy: string): boolean {
  return tidy === "" || tidy.length >= 3;
}
