import type { ReactNode } from "react";

interface EmptyProps {
  icon: ReactNode;
  title: string;
  text: string;
  /** The way to something. */
  children?: ReactNode;
}

/** Where there is nothing yet: why, and what to do about it. */
export function Empty({ icon, title, text, children }: EmptyProps) {
  return (
    <div
      className="grid justify-items-center gap-2 rounded-xl border border-dashed border-field px-6 py-10 text-center"
      data-testid="empty"
    >
      <span className="mb-1 rounded-full bg-brand-soft p-3 text-brand">{icon}</span>
      <p className="font-semibold">{title}</p>
      <p className="max-w-md text-pretty text-muted">{text}</p>
      {children && <div className="pt-3">{children}</div>}
    </div>
  );
}
