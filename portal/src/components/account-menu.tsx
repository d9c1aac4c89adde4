"use client";

import { CircleUserRound, LogOut } from "lucide-react";
import { useRouter } from "next/navigation";

import { useSignOut } from "@/lib/session";
import { texts } from "@/texts/common";

import { Button } from "./ui/button";
import { Menu, MenuItem, MenuLabel, MenuSeparator } from "./ui/menu";

/** Who one is, and the way out. */
export function AccountMenu({ email }: { email: string | undefined }) {
  const router = useRouter();
  const signOut = useSignOut();
  const leave = async () => {
    await signOut();
    router.push("/");
  };
  return (
    <Menu
      trigger={
        <Button variant="ghost" size="icon" aria-label={texts.navigation.account}>
          <CircleUserRound aria-hidden className="size-5" />
        </Button>
      }
    >
      <MenuLabel>
        {texts.navigation.signedInAs}
        <span className="block max-w-64 font-medium wrap-anywhere text-ink">{email}</span>
      </MenuLabel>
      <MenuSeparator />
      <MenuItem onSelect={() => void leave()}>
        <LogOut aria-hidden className="size-4" />
        {texts.navigation.signOut}
      </MenuItem>
    </Menu>
  );
}
