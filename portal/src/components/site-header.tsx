"use client";

import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { usePathname, useRouter } from "next/navigation";
import { useState } from "react";

import { adminStatusQuery } from "@/lib/queries";
import { useOptionalServices, type Services } from "@/lib/services";
import { useSession, useSignOut } from "@/lib/session";

import { Logo } from "./logo";
import { Button, ButtonLink } from "./ui/button";

/** The header: where one is, where one can go, who one is. */
export function SiteHeader() {
  const services = useOptionalServices();
  const session = useSession();
  return (
    <header className="border-b border-line bg-surface px-4">
      <div className="mx-auto flex max-w-5xl flex-wrap items-center gap-x-6 gap-y-2 py-3">
        <Link href={session ? "/dashboard" : "/"} className="flex items-center gap-2 font-semibold">
          <Logo className="size-7" />
          MindRoom
        </Link>
        {services && session && <Navigation services={services} accountId={session.user.id} />}
        <div className="ml-auto flex items-center gap-3">
          {services && session && (
            <>
              <span className="hidden max-w-72 truncate text-sm text-muted md:inline">
                {session.user.email}
              </span>
              <SignOut />
            </>
          )}
          {session === null && (
            <>
              <ButtonLink variant="ghost" size="small">
                <Link href="/auth/sign-in">Sign in</Link>
              </ButtonLink>
              <ButtonLink size="small">
                <Link href="/auth/sign-up">Sign up</Link>
              </ButtonLink>
            </>
          )}
        </div>
      </div>
    </header>
  );
}

const PAGES = [
  { href: "/dashboard", label: "Dashboard" },
  { href: "/billing", label: "Billing" },
];
const ADMIN_PAGES = [
  { href: "/admin/accounts", label: "Accounts" },
  { href: "/admin/instances", label: "Instances" },
];

function Navigation({ services, accountId }: { services: Services; accountId: string }) {
  const pathname = usePathname();
  const admin = useQuery(adminStatusQuery(services.api, accountId));
  const pages = admin.data?.is_admin ? [...PAGES, ...ADMIN_PAGES] : PAGES;
  return (
    <nav
      aria-label="Main"
      className="order-last flex w-full flex-wrap gap-1 sm:order-none sm:w-auto"
    >
      {pages.map(({ href, label }) => (
        <Link
          key={href}
          href={href}
          aria-current={pathname === href ? "page" : undefined}
          className="rounded-md px-3 py-1.5 text-sm text-muted hover:text-ink aria-[current=page]:bg-raised aria-[current=page]:text-ink"
        >
          {label}
        </Link>
      ))}
    </nav>
  );
}

function SignOut() {
  const router = useRouter();
  const signOut = useSignOut();
  const [busy, setBusy] = useState(false);
  const leave = async () => {
    setBusy(true);
    await signOut();
    router.push("/");
  };
  return (
    <Button variant="secondary" size="small" busy={busy} onClick={() => void leave()}>
      Sign out
    </Button>
  );
}
