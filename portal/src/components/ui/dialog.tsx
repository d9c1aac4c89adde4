"use client";

import { type ReactNode, useEffect, useId, useRef } from "react";

interface DialogProps {
  open: boolean;
  /** Escape, or a click beside the dialog. */
  onClose: () => void;
  title: string;
  children: ReactNode;
}

/**
 * A modal dialog: the browser's own, which keeps the focus inside, makes the page behind inert and gives the
 * focus back. Radix's would put a `<style>` element into the page, which our Content-Security-Policy refuses.
 */
export function Dialog({ open, onClose, title, children }: DialogProps) {
  const element = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const dialog = element.current;
    if (open && !dialog?.open) dialog?.showModal();
    if (!open && dialog?.open) dialog.close();
  }, [open]);
  return (
    <dialog
      ref={element}
      aria-labelledby={id}
      onClose={onClose}
      onClick={(event) => {
        if (event.target === element.current) onClose();
      }}
      className="m-auto w-[calc(100%-2rem)] max-w-lg rounded-xl border border-line bg-surface text-ink backdrop:bg-black/50"
    >
      {open && (
        <div className="grid gap-4 p-5 sm:p-6">
          <h2 id={id} className="text-lg font-semibold">
            {title}
          </h2>
          {children}
        </div>
      )}
    </dialog>
  );
}
