import type { Metadata } from "next";
import Link from "next/link";

import { Page } from "@/components/page";
import { ButtonLink } from "@/components/ui/button";
import { texts } from "@/texts/common";

export const metadata: Metadata = { title: texts.notFound.title };

export default function NotFound() {
  return (
    <Page title={texts.notFound.title} lead={texts.notFound.text} narrow>
      <div className="flex flex-wrap gap-2">
        <ButtonLink>
          <Link href="/" prefetch={false}>
            {texts.toStart}
          </Link>
        </ButtonLink>
        <ButtonLink variant="secondary">
          <Link href="/dashboard">{texts.toDashboard}</Link>
        </ButtonLink>
      </div>
    </Page>
  );
}
