"use client";

import type { ReactNode } from "react";

import { useOptionalServices } from "@/lib/services";

interface ContactLinkProps {
  /** What the letter is about. */
  subject?: string;
  className?: string;
  children: ReactNode;
}

/** Begins a letter to us. Its place is kept while the address is not known, or there is none. */
export function ContactLink({ subject, className, children }: ContactLinkProps) {
  const address = useOptionalServices()?.settings.supportEmail;
  if (!address) return <span className="invisible">{children}</span>;
  const about = subject ? `?subject=${encodeURIComponent(subject)}` : "";
  return (
    <a href={`mailto:${encodeURI(address)}${about}`} className={className}>
      {children}
    </a>
  );
}
