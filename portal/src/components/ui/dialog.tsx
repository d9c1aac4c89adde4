"use client";

import {
  createContext,
  type PointerEvent,
  type ReactNode,
  useContext,
  useEffect,
  useId,
  useRef,
  useState,
} from "react";

interface DialogProps {
  open: boolean;
  /** Escape, or a click beside the dialog; the click only while nothing is typed and `useKeptOpen` does not hold it. */
  onClose: () => void;
  title: string;
  children: ReactNode;
}

const Keep = createContext<((kept: boolean) => void) | null>(null);

/** Within a dialog: while `kept`, a click beside it does not close it, as what is going on could not be followed. */
export function useKeptOpen(kept: boolean): void {
  const keep = useContext(Keep);
  useEffect(() => {
    keep?.(kept);
    return () => keep?.(false);
  }, [keep, kept]);
}

/** Asked of the fields themselves: a form knows what was typed a moment later, and a click may come before. */
function holdsText(dialog: HTMLDialogElement | null): boolean {
  const fields = dialog?.querySelectorAll<HTMLTextAreaElement | HTMLInputElement>(
    "textarea, input:not([type=checkbox], [type=radio])",
  );
  return [...(fields ?? [])].some(({ value }) => value !== "");
}

/**
 * A modal dialog: the browser's own, which keeps the focus inside, makes the page behind inert and gives the
 * focus back. Radix's would put a `<style>` element into the page, which our Content-Security-Policy refuses.
 */
export function Dialog({ open, onClose, title, children }: DialogProps) {
  const element = useRef<HTMLDialogElement>(null);
  const id = useId();
  const [kept, setKept] = useState(false);
  // A press that begins or ends inside is none beside it: whoever selects text lets go anywhere.
  const pressed = useRef({ down: false, up: false });
  const press = (edge: "down" | "up") => (event: PointerEvent) => {
    pressed.current[edge] = event.target === element.current;
  };
  const click = () => {
    const { down, up } = pressed.current;
    pressed.current = { down: false, up: false };
    if (down && up && !kept && !holdsText(element.current)) onClose();
  };
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
      onPointerDown={press("down")}
      onPointerUp={press("up")}
      onClick={click}
      className="m-auto w-[calc(100%-2rem)] max-w-lg rounded-xl border border-line bg-surface text-ink backdrop:bg-black/50"
    >
      {open && (
        <div className="grid gap-4 p-5 sm:p-6">
          <h2 id={id} className="text-lg font-semibold">
            {title}
          </h2>
          <Keep value={setKept}>{children}</Keep>
        </div>
      )}
    </dialog>
  );
}
