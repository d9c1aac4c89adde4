"use client";

import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { usePathname } from "next/navigation";

import { cn } from "@/lib/cn";
import { useShownCurrent } from "@/lib/use-shown-current";
import { widthOf } from "@/lib/width";
import { adminStatusQuery } from "@/lib/queries";
import { type Services, useOptionalServices } from "@/lib/services";
import { useSession } from "@/lib/session";
import { texts } from "@/texts/common";

import { AccountMenu } from "./account-menu";
import { Logo } from "./logo";
import { ThemeMenu } from "./theme-menu";
import { ButtonLink } from "./ui/button";

interface Target {
  href: string;
  label: string;
}

const { navigation } = texts;

const PUBLIC: readonly Target[] = [
  { href: "/#what", label: navigation.product },
  { href: "/#how", label: navigation.how },
  { href: "/#plans", label: navigation.plans },
];
const OWN: readonly Target[] = [
  { href: "/dashboard", label: navigation.dashboard },
  { href: "/usage", label: navigation.usage },
  { href: "/billing", label: navigation.billing },
  { href: "/activity", label: navigation.activity },
  { href: "/settings", label: navigation.settings },
];
const ADMIN: readonly Target[] = [{ href: "/admin", label: navigation.admin }];

/** Pages for signed-in people: their navigation is there from the first paint, before the session is known. */
const INSIDE = /^\/(dashboard|usage|billing|activity|settings|instance|checkout|admin)(\/|$)/;

/** The header: where one is, where one can go, who one is. */
export function SiteHeader() {
  const pathname = usePathname();
  const inside = INSIDE.test(pathname);
  const services = useOptionalServices();
  const session = useSession();
  return (
    <header className="sticky top-0 z-20 border-b border-line bg-surface/95 px-4 backdrop-blur sm:px-6">
      <div
        className={cn(
          "mx-auto flex min-h-16 flex-wrap items-center gap-x-2 sm:gap-x-6",
          widthOf(pathname),
        )}
      >
        <Link
          href={inside ? "/dashboard" : "/"}
          // The start page's pictures would be loaded with it.
          prefetch={inside ? null : false}
          className="flex items-center gap-2.5 py-2 text-lg font-semibold tracking-tight"
        >
          <Logo className="size-8" />
          <span className="max-[25rem]:sr-only">{texts.brand}</span>
        </Link>
        {inside ? (
          <Inside services={services} accountId={session?.user.id} />
        ) : (
          <Navigation targets={PUBLIC} className="hidden md:flex" />
        )}
        <div className="ml-auto flex items-center sm:gap-2">
          <ThemeMenu />
          {session ? (
            <>
              {!inside && (
                <ButtonLink size="small">
                  <Link href="/dashboard">{navigation.dashboard}</Link>
                </ButtonLink>
              )}
              <AccountMenu email={session.user.email} />
            </>
          ) : (
            !inside && <Entrance known={session === null} />
          )}
        </div>
      </div>
    </header>
  );
}

/** Holds its place while it is not known whether somebody is signed in. What forms need is loaded when one is wanted. */
function Entrance({ known }: { known: boolean }) {
  return (
    <div className={cn("flex items-center gap-1 sm:gap-2", !known && "invisible")}>
      <ButtonLink variant="ghost" size="small">
        <Link href="/auth/sign-in" prefetch={false}>
          {navigation.signIn}
        </Link>
      </ButtonLink>
      <ButtonLink size="small">
        <Link href="/auth/sign-up" prefetch={false}>
          {navigation.signUp}
        </Link>
      </ButtonLink>
    </div>
  );
}

interface InsideProps {
  services: Services | null;
  accountId: string | undefined;
}

function Inside({ services, accountId }: InsideProps) {
  const row = "order-last w-full overflow-x-auto pb-2 lg:order-none lg:w-auto lg:pb-0";
  return services && accountId ? (
    <MyNavigation services={services} accountId={accountId} className={row} />
  ) : (
    <Navigation targets={OWN} className={row} />
  );
}

interface MyNavigationProps {
  services: Services;
  accountId: string;
  className: string;
}

function MyNavigation({ services, accountId, className }: MyNavigationProps) {
  const admin = useQuery(adminStatusQuery(services.api, accountId));
  return (
    <Navigation targets={admin.data?.is_admin ? [...OWN, ...ADMIN] : OWN} className={className} />
  );
}

/** The administrators' pages lie below theirs. */
function isAt(pathname: string, href: string): boolean {
  return pathname === href || (href === "/admin" && pathname.startsWith("/admin/"));
}

function Navigation({ targets, className }: { targets: readonly Target[]; className: string }) {
  const pathname = usePathname();
  const row = useShownCurrent(pathname);
  return (
    <nav ref={row} aria-label={navigation.label} className={cn("flex gap-1", className)}>
      {targets.map(({ href, label }) => (
        <Link
          key={href}
          href={href}
          prefetch={href.startsWith("/#") ? false : null}
          aria-current={isAt(pathname, href) ? "page" : undefined}
          className="rounded-md px-3 py-2 text-sm font-medium whitespace-nowrap text-muted transition-colors hover:bg-raised hover:text-ink aria-[current=page]:bg-raised aria-[current=page]:text-ink"
        >
          {label}
        </Link>
      ))}
    </nav>
  );
}
