import Link from "next/link";

import { ButtonLink } from "@/components/ui/button";
import { texts } from "@/texts/landing";

/** The two ways on from the start page. */
export function StartLinks() {
  return (
    <div className="flex flex-wrap justify-center gap-3">
      <ButtonLink size="large">
        <Link href="/auth/sign-up" prefetch={false}>
          {texts.start}
        </Link>
      </ButtonLink>
      <ButtonLink size="large" variant="secondary">
        <Link href="/#plans" prefetch={false}>
          {texts.plans}
        </Link>
      </ButtonLink>
    </div>
  );
}
