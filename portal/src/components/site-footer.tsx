"use client";

import Link from "next/link";
import { usePathname } from "next/navigation";

import { cn } from "@/lib/cn";
import { widthOf } from "@/lib/width";
import { texts } from "@/texts/common";

import { ContactLink } from "./contact-link";
import { Logo } from "./logo";

const LINKS = [
  { href: "/privacy", label: texts.footer.privacy },
  { href: "/terms", label: texts.footer.terms },
];

const LINK = "py-1 hover:text-ink hover:underline";

/** The end of every page. */
export function SiteFooter() {
  return (
    <footer className="border-t border-line px-4 py-6 text-sm text-muted sm:px-6">
      <div
        className={cn(
          "mx-auto flex flex-wrap items-center justify-between gap-x-6 gap-y-3",
          widthOf(usePathname()),
        )}
      >
        <p className="flex items-center gap-2">
          <Logo className="size-5" />
          {texts.footer.claim}
        </p>
        <nav aria-label={texts.footer.label} className="flex gap-5">
          <ContactLink className={LINK}>{texts.footer.contact}</ContactLink>
          {LINKS.map(({ href, label }) => (
            <Link key={href} href={href} className={LINK}>
              {label}
            </Link>
          ))}
        </nav>
      </div>
    </footer>
  );
}
