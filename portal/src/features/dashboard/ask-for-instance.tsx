"use client";

import { useMutation } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useEffect, useRef } from "react";

import { ErrorNotice } from "@/components/error-notice";
import { Loading } from "@/components/loading";
import { CreateInstance } from "@/features/instances/create-instance";
import { done } from "@/lib/api";
import { ProblemError } from "@/lib/problem";
import { useServices } from "@/lib/services";
import { forgetWish, rememberedWish } from "@/lib/wished-address";
import { texts } from "@/texts/account";

/** Asks for the instance that was paid, with the address that was wished before, and leads on to it. */
export function AskForInstance() {
  const { api } = useServices();
  const router = useRouter();
  const asked = useRef(false);
  const { mutate, ...provision } = useMutation({
    mutationFn: () => {
      const subdomain = rememberedWish();
      return done(
        api.POST("/my/instances/provision", { body: subdomain === null ? {} : { subdomain } }),
      );
    },
    onSuccess: ({ instance }) => {
      forgetWish();
      router.replace(`/instance?id=${instance.instance_id}`);
    },
  });
  useEffect(() => {
    // The API joins repeated wishes; this only spares it one.
    if (asked.current) return;
    asked.current = true;
    mutate();
  }, [mutate]);
  if (!provision.isError) return <Loading label={texts.checkoutReturn.creating} />;
  // The address is taken or refused: the person chooses another. Anything else may be tried again as it is.
  const { error } = provision;
  const aboutAddress = error instanceof ProblemError && [409, 422].includes(error.status);
  return aboutAddress ? (
    <CreateInstance initialError={error} />
  ) : (
    <ErrorNotice error={error} retry={() => mutate()} />
  );
}
