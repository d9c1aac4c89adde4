import type { ReactNode } from "react";

import { detailOf, ProblemError } from "@/lib/problem";

import { Button } from "./ui/button";
import { Notice } from "./ui/notice";

interface ErrorNoticeProps {
  error: unknown;
  /** Offers to do it again. */
  retry?: () => void;
  children?: ReactNode;
}

/** Why something was not done: the problem's own words, its fields, and the request to name to support. */
export function ErrorNotice({ error, retry, children }: ErrorNoticeProps) {
  const problem = error instanceof ProblemError ? error : null;
  const fields = Object.entries(problem?.fields ?? {});
  return (
    <Notice tone="bad" data-testid="problem" data-code={problem?.code} className="grid gap-2">
      <p className="font-medium">{detailOf(error)}</p>
      {fields.length > 0 && (
        <ul className="list-disc pl-5">
          {fields.map(([field, message]) => (
            <li key={field}>
              {field}: {message}
            </li>
          ))}
        </ul>
      )}
      {problem?.requestId && (
        <p className="text-xs wrap-anywhere opacity-80">Request {problem.requestId}</p>
      )}
      {retry && (
        <div>
          <Button size="small" variant="secondary" onClick={retry}>
            Try again
          </Button>
        </div>
      )}
      {children && <div>{children}</div>}
    </Notice>
  );
}
