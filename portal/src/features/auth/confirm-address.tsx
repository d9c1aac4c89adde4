import { MailCheck } from "lucide-react";
import Link from "next/link";

import { Page } from "@/components/page";
import { Card } from "@/components/ui/card";

/** What to do after signing up where addresses must be confirmed. The same whether the address was new. */
export function ConfirmAddress() {
  return (
    <Page title="Look into your mailbox" narrow>
      <Card className="grid gap-3">
        <MailCheck aria-hidden className="size-8 text-brand" />
        <p>
          We sent you a mail with a link. Open it to confirm your address; your account is ready
          then.
        </p>
        <p className="text-sm text-muted">
          Nothing came? Look among the unwanted mail. If you have an account with this address
          already,{" "}
          <Link href="/auth/sign-in" className="text-brand underline">
            sign in
          </Link>{" "}
          instead.
        </p>
      </Card>
    </Page>
  );
}
