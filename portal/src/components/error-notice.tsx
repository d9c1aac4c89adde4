"use client";

import { type ReactNode, useEffect, useState } from "react";

import { detailOf, ProblemError, titleOf } from "@/lib/problem";
import { texts } from "@/texts/common";

import { ContactLink } from "./contact-link";
import { Button } from "./ui/button";
import { Notice } from "./ui/notice";

interface ErrorNoticeProps {
  error: unknown;
  /** Offers to do it again, as soon as the answer allows it. */
  retry?: () => void;
  children?: ReactNode;
}

/** Why something was not done: the problem's own words, its fields, and the request to name to support. */
export function ErrorNotice({ error, retry, children }: ErrorNoticeProps) {
  const problem = error instanceof ProblemError ? error : null;
  const fields = Object.values(problem?.fields ?? {}).filter((text) => text !== detailOf(error));
  return (
    <Notice tone="bad" data-testid="problem" data-code={problem?.code} className="grid gap-2">
      <p className="font-semibold">{titleOf(error)}</p>
      <p>{detailOf(error)}</p>
      {fields.length > 0 && (
        <ul className="list-disc pl-5">
          {fields.map((message) => (
            <li key={message}>{message}</li>
          ))}
        </ul>
      )}
      {problem?.requestId && (
        <p className="text-xs wrap-anywhere">
          {texts.request} <code>{problem.requestId}</code>{" "}
          <ContactLink
            subject={texts.aboutRequest(problem.requestId)}
            className="font-medium underline"
          >
            {texts.footer.contact}
          </ContactLink>
        </p>
      )}
      {retry && <Retry key={String(error)} after={problem?.retryAfter ?? 0} retry={retry} />}
      {children && <div>{children}</div>}
    </Notice>
  );
}

/** Counts down the seconds that the answer asked to wait. */
function Retry({ after, retry }: { after: number; retry: () => void }) {
  const [left, setLeft] = useState(Math.ceil(after));
  const waits = left > 0;
  useEffect(() => {
    if (!waits) return;
    const timer = setInterval(() => setLeft((seconds) => seconds - 1), 1_000);
    return () => clearInterval(timer);
  }, [waits]);
  return (
    <div>
      <Button size="small" variant="secondary" disabled={waits} onClick={retry}>
        {waits ? texts.tryAgainIn(left) : texts.tryAgain}
      </Button>
    </div>
  );
}
