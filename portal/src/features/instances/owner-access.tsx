"use client";

import { Eye, EyeOff } from "lucide-react";
import { useState } from "react";

import { CopyLine } from "@/components/copy-line";
import { Button } from "@/components/ui/button";
import { Card, CardTitle } from "@/components/ui/card";
import type { Instance } from "@/lib/api";
import { isGone } from "@/lib/instance-status";
import { texts } from "@/texts/instance";

const { owner } = texts;
const DOTS = "••••••••••••";

/** The owner's Matrix id, and the first password as long as it was not used. */
export function OwnerAccess({ instance }: { instance: Instance }) {
  const { owner_matrix_id, owner_password } = instance;
  if (isGone(instance)) return null;
  return (
    <Card className="grid gap-5">
      <CardTitle>{owner.title}</CardTitle>
      {owner_matrix_id ? (
        <CopyLine
          name={owner.id}
          value={owner_matrix_id}
          what={owner.whatId}
          testId="owner-matrix-id"
        />
      ) : (
        <p className="text-muted">{owner.later}</p>
      )}
      {owner_password && <Password password={owner_password} />}
      {owner_matrix_id && !owner_password && (
        <p className="text-sm text-muted" data-testid="password-used">
          {owner.used}
        </p>
      )}
    </Card>
  );
}

function Password({ password }: { password: string }) {
  const [shown, setShown] = useState(false);
  const Icon = shown ? EyeOff : Eye;
  return (
    <CopyLine
      name={owner.password}
      value={password}
      shown={shown ? password : DOTS}
      what={owner.whatPassword}
      testId="owner-password"
      hint={owner.hint}
      aside={
        <Button
          size="small"
          variant="secondary"
          aria-pressed={shown}
          onClick={() => setShown(!shown)}
        >
          <Icon aria-hidden className="size-4" />
          {shown ? owner.hide : owner.show}
          <span className="sr-only">{owner.ofPassword}</span>
        </Button>
      }
    />
  );
}
