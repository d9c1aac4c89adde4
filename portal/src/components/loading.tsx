import { LoaderCircle } from "lucide-react";

/** Something is on its way. */
export function Loading({ label = "Loading…" }: { label?: string }) {
  return (
    <div
      role="status"
      className="flex items-center justify-center gap-3 px-4 py-12 text-muted"
      data-testid="loading"
    >
      <LoaderCircle aria-hidden className="size-5 animate-spin" />
      {label}
    </div>
  );
}
