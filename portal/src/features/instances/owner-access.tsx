"use client";

import { Eye, EyeOff } from "lucide-react";
import { useState } from "react";

import { CopyButton } from "@/components/copyable";
import { Button } from "@/components/ui/button";
import { Card, CardTitle } from "@/components/ui/card";
import type { Instance } from "@/lib/api";
import { isGone } from "@/lib/instance-status";

/** The owner's Matrix id, and the first password as long as it was not used. */
export function OwnerAccess({ instance }: { instance: Instance }) {
  const { owner_matrix_id, owner_password } = instance;
  if (isGone(instance)) return null;
  return (
    <Card className="grid gap-4">
      <CardTitle>Your Matrix account</CardTitle>
      {owner_matrix_id ? (
        <div className="grid gap-2">
          <h3 className="font-medium">Matrix id</h3>
          <p className="font-mono text-sm wrap-anywhere" data-testid="owner-matrix-id">
            {owner_matrix_id}
          </p>
          <div>
            <CopyButton text={owner_matrix_id} what="the Matrix id" />
          </div>
        </div>
      ) : (
        <p className="text-muted">It is made while the instance is set up.</p>
      )}
      {owner_password && <Password password={owner_password} />}
      {owner_matrix_id && !owner_password && (
        <p className="text-sm text-muted">The first password is not shown any more: it was used.</p>
      )}
    </Card>
  );
}

function Password({ password }: { password: string }) {
  const [shown, setShown] = useState(false);
  return (
    <div className="grid gap-2">
      <h3 className="font-medium">Password, to be used once</h3>
      <p className="font-mono text-sm wrap-anywhere" data-testid="owner-password">
        {shown ? password : "••••••••••••"}
      </p>
      <div className="flex flex-wrap gap-2">
        <Button
          size="small"
          variant="secondary"
          aria-pressed={shown}
          onClick={() => setShown(!shown)}
        >
          {shown ? (
            <EyeOff aria-hidden className="size-4" />
          ) : (
            <Eye aria-hidden className="size-4" />
          )}
          {shown ? "Hide" : "Show"}
          <span className="sr-only"> the password</span>
        </Button>
        <CopyButton text={password} what="the password" />
      </div>
      <p className="text-sm text-muted">
        Sign in with it in any Matrix client and choose your own there. It is shown until then.
      </p>
    </div>
  );
}
