"use client";

import { useState } from "react";

import { Field } from "@/components/ui/field";
import { useServices } from "@/lib/services";
import { subdomainProblem, tidySubdomain } from "@/lib/subdomain";

/** A wished address being typed; empty means that the platform chooses one. */
export interface Address {
  value: string;
  problem: string | null;
  type: (text: string) => void;
  leave: () => void;
  /** Whether it may be sent; shows the problem when not. */
  accept: () => boolean;
}

export function useAddress(initial: string): Address {
  const [value, setValue] = useState(initial);
  const [shown, setShown] = useState(false);
  const problem = value === "" ? null : subdomainProblem(value);
  // While the first letters are typed, "too short" would only be noise.
  const worthShowing = shown || value.length >= 3;
  return {
    value,
    problem: worthShowing ? problem : null,
    type: (text) => setValue(tidySubdomain(text)),
    leave: () => setShown(true),
    accept: () => {
      setShown(true);
      return problem === null;
    },
  };
}

interface AddressFieldProps {
  address: Address;
  /** What the API said about it. */
  refusal?: string | undefined;
}

/** The line for the wished address, checked while one types. */
export function AddressField({ address, refusal }: AddressFieldProps) {
  const { settings } = useServices();
  return (
    <Field
      label="Address of your instance"
      name="subdomain"
      value={address.value}
      onChange={(event) => address.type(event.target.value)}
      onBlur={address.leave}
      suffix={`.${settings.instanceDomain}`}
      hint="Leave it empty and we choose one for you."
      problem={address.problem ?? refusal}
      placeholder="automatic"
      autoCapitalize="none"
      autoComplete="off"
      autoCorrect="off"
      spellCheck={false}
      maxLength={63}
    />
  );
}
