import type { Metadata } from "next";
import Link from "next/link";

import { Page } from "@/components/page";
import { ButtonLink } from "@/components/ui/button";

export const metadata: Metadata = { title: "Not found" };

export default function NotFound() {
  return (
    <Page title="This page does not exist" narrow>
      <p className="text-muted">The address may be mistyped, or the page has moved.</p>
      <div>
        <ButtonLink>
          <Link href="/">Go to the start</Link>
        </ButtonLink>
      </div>
    </Page>
  );
}
