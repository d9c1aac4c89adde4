import { CopyButton } from "@/components/copyable";
import { ButtonLink } from "@/components/ui/button";
import { Card, CardTitle } from "@/components/ui/card";
import type { Instance } from "@/lib/api";
import { isGone, isReachable } from "@/lib/instance-status";

/** Where it is reached. */
export function InstanceAddresses({ instance }: { instance: Instance }) {
  if (isGone(instance)) return null;
  const open = isReachable(instance);
  return (
    <Card className="grid gap-5">
      <CardTitle>Addresses</CardTitle>
      <Address name="Dashboard" url={instance.frontend_url} open={open} testId="frontend-url" />
      <Address
        name="Matrix homeserver"
        url={instance.matrix_server_url}
        open={open}
        testId="matrix-url"
        hint="Give this address to any Matrix client."
      />
    </Card>
  );
}

interface AddressProps {
  name: string;
  url: string;
  /** Whether there is something to open. */
  open: boolean;
  testId: string;
  hint?: string;
}

function Address({ name, url, open, testId, hint }: AddressProps) {
  return (
    <div className="grid gap-2">
      <h3 className="font-medium">{name}</h3>
      <p className="font-mono text-sm wrap-anywhere" data-testid={testId}>
        {url}
      </p>
      <div className="flex flex-wrap gap-2">
        {open && (
          <ButtonLink size="small">
            <a href={url} target="_blank" rel="noreferrer">
              Open<span className="sr-only"> {name}</span>
            </a>
          </ButtonLink>
        )}
        <CopyButton text={url} what={`the address: ${name}`} />
      </div>
      {hint && <p className="text-sm text-muted">{hint}</p>}
    </div>
  );
}
