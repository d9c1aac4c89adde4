"use client";

import { useState } from "react";

import { type Column, DataTable } from "@/components/list/data-table";
import { Section } from "@/components/section";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { When } from "@/components/when";
import type { InstanceDetail } from "@/lib/api";
import { texts as admin } from "@/texts/admin-instances";
import { events } from "@/texts/instance";

type Check = InstanceDetail["health_checks"][number];

const { checks: texts } = admin;

/** Shown at first. */
const FEW = 8;

const COLUMNS: readonly Column<Check>[] = [
  { name: texts.when, cell: ({ checked_at }) => <When at={checked_at} to="second" /> },
  { name: texts.outcome, cell: OutcomeCell },
  { name: texts.took, cell: ({ latency_ms }) => texts.milliseconds(latency_ms), end: true },
  { name: texts.detail, cell: ({ detail }) => detail ?? "–" },
];

/** The newest looks at it from outside. */
export function HealthChecks({ checks }: { checks: readonly Check[] }) {
  const [all, setAll] = useState(false);
  return (
    <Section title={texts.title}>
      {checks.length === 0 ? (
        <p className="text-sm text-muted">{texts.none}</p>
      ) : (
        <DataTable
          what={texts.title}
          columns={COLUMNS}
          rows={all ? checks : checks.slice(0, FEW)}
          keyOf={({ checked_at }) => checked_at}
        />
      )}
      {checks.length > FEW && (
        <div>
          <Button variant="secondary" size="small" aria-expanded={all} onClick={() => setAll(!all)}>
            {all ? events.fewer : events.older}
          </Button>
        </div>
      )}
    </Section>
  );
}

function OutcomeCell({ healthy }: Check) {
  return <Badge tone={healthy ? "good" : "bad"}>{healthy ? texts.healthy : texts.unhealthy}</Badge>;
}
