import { ExternalLink } from "lucide-react";

import { CopyLine } from "@/components/copy-line";
import { ButtonLink } from "@/components/ui/button";
import { Card, CardTitle } from "@/components/ui/card";
import type { Instance } from "@/lib/api";
import { isGone, isReachable } from "@/lib/instance-status";
import { texts } from "@/texts/instance";

/** Where it is reached. */
export function InstanceAddresses({ instance }: { instance: Instance }) {
  if (isGone(instance)) return null;
  const { title, dashboard, matrix, matrixHint, what } = texts.addresses;
  return (
    <Card className="grid gap-5">
      <CardTitle>{title}</CardTitle>
      <CopyLine
        name={dashboard}
        value={instance.frontend_url}
        what={what(dashboard)}
        testId="frontend-url"
        aside={isReachable(instance) && <Open name={dashboard} url={instance.frontend_url} />}
      />
      <CopyLine
        name={matrix}
        value={instance.matrix_server_url}
        what={what(matrix)}
        testId="matrix-url"
        hint={matrixHint}
      />
    </Card>
  );
}

function Open({ name, url }: { name: string; url: string }) {
  return (
    <ButtonLink size="small">
      <a href={url} target="_blank" rel="noreferrer">
        {texts.addresses.open}
        <span className="sr-only">{name}</span>
        <ExternalLink aria-hidden className="size-4" />
      </a>
    </ButtonLink>
  );
}
