"use client";

import Link from "next/link";
import { usePathname } from "next/navigation";
import { type ReactNode, Suspense } from "react";

import { Loading } from "@/components/loading";
import { Page } from "@/components/page";
import { useShownCurrent } from "@/lib/use-shown-current";
import { texts } from "@/texts/admin";

import { NeedsAdmin } from "./needs-admin";

const { navigation } = texts;

/** The pages by what they are about; `also` are detail pages that belong to one. */
const TARGETS = [
  { href: "/admin", label: navigation.overview },
  { href: "/admin/accounts", label: navigation.accounts, also: "/admin/account" },
  { href: "/admin/instances", label: navigation.instances, also: "/admin/instance" },
  { href: "/admin/subscriptions", label: navigation.subscriptions },
  { href: "/admin/payments", label: navigation.payments },
  { href: "/admin/usage", label: navigation.usage },
  { href: "/admin/jobs", label: navigation.jobs, also: "/admin/job" },
  { href: "/admin/webhooks", label: navigation.webhooks },
  { href: "/admin/audit", label: navigation.audit },
] as const;

interface AdminPageProps {
  title: string;
  lead?: string;
  aside?: ReactNode;
  children: ReactNode;
}

/** A page for administrators, with the ways to the others beside it, or above it on a narrow screen. */
export function AdminPage({ children, ...page }: AdminPageProps) {
  return (
    <Suspense fallback={<Loading />}>
      <NeedsAdmin>
        <div className="mx-auto grid w-full max-w-7xl gap-6 lg:grid-cols-[11rem_minmax(0,1fr)]">
          <AdminNavigation />
          <Page {...page}>{children}</Page>
        </div>
      </NeedsAdmin>
    </Suspense>
  );
}

function AdminNavigation() {
  const pathname = usePathname();
  const row = useShownCurrent(pathname);
  return (
    <nav
      ref={row}
      aria-label={navigation.label}
      className="-mx-4 flex gap-1 overflow-x-auto px-4 pb-1 sm:-mx-6 sm:px-6 lg:sticky lg:top-24 lg:mx-0 lg:flex-col lg:self-start lg:px-0"
    >
      {TARGETS.map((target) => {
        const also = "also" in target ? target.also : undefined;
        const here = pathname === target.href || pathname === also;
        return (
          <Link
            key={target.href}
            href={target.href}
            aria-current={here ? "page" : undefined}
            className="rounded-md px-3 py-2 text-sm font-medium whitespace-nowrap text-muted transition-colors hover:bg-raised hover:text-ink aria-[current=page]:bg-brand-soft aria-[current=page]:text-brand"
          >
            {target.label}
          </Link>
        );
      })}
    </nav>
  );
}
