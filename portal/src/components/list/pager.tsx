import { Button } from "@/components/ui/button";
import { texts } from "@/texts/list";

import { ROWS } from "./list-query";

interface PagerProps {
  page: number;
  total: number;
  goTo: (page: number) => void;
}

/** How many rows there are, and the ways back and on. */
export function Pager({ page, total, goTo }: PagerProps) {
  const last = Math.max(1, Math.ceil(total / ROWS));
  return (
    <nav aria-label={texts.pages} className="flex flex-wrap items-center justify-between gap-3">
      <p className="text-sm text-muted" data-testid="total">
        {texts.total(total, page, last)}
      </p>
      <div className="flex gap-2">
        <Button
          variant="secondary"
          size="small"
          disabled={page <= 1}
          onClick={() => goTo(Math.min(page - 1, last))}
        >
          {texts.previous}
        </Button>
        <Button
          variant="secondary"
          size="small"
          disabled={page >= last}
          onClick={() => goTo(page + 1)}
        >
          {texts.next}
        </Button>
      </div>
    </nav>
  );
}
