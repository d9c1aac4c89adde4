"use client";

import { zodResolver } from "@hookform/resolvers/zod";
import { useForm, type UseFormReturn } from "react-hook-form";
import * as z from "zod/mini";

import { zProvision } from "@/lib/schemas/zod.gen";
import { subdomainProblem, tidySubdomain } from "@/lib/subdomain";
import { rememberedWish } from "@/lib/wished-address";

export interface Address {
  /** Empty means that the platform chooses one. */
  subdomain: string;
}

/**
 * What the API asks of an address, with the sentences and the reserved names that its document cannot say. What
 * only the document says is refused too, in general words.
 */
export const address = z.object({
  subdomain: z.string().check(
    z.overwrite(tidySubdomain),
    z.check(({ value, issues }) => {
      if (value === "") return;
      const known = subdomainProblem(value);
      const ours = zProvision.safeParse({ subdomain: value }).error?.issues[0]?.message;
      const message = known ?? ours;
      if (message) issues.push({ code: "custom", message, input: value });
    }),
  ),
});

export type AddressForm = UseFormReturn<Address>;

/** The form for a wished address, beginning with the one that was wished in this tab before. */
export function useAddressForm(): AddressForm {
  return useForm<Address>({
    resolver: zodResolver(address),
    defaultValues: { subdomain: rememberedWish() ?? "" },
    mode: "onTouched",
  });
}
