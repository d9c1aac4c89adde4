"use client";

import { Monitor, Moon, Sun } from "lucide-react";
import { useTheme } from "next-themes";

import { texts } from "@/texts/common";

import { Button } from "./ui/button";
import { Menu, MenuChoice } from "./ui/menu";

const THEMES = [
  { value: "light", label: texts.theme.light, icon: <Sun aria-hidden className="size-4" /> },
  { value: "dark", label: texts.theme.dark, icon: <Moon aria-hidden className="size-4" /> },
  { value: "system", label: texts.theme.system, icon: <Monitor aria-hidden className="size-4" /> },
];

/** Light, dark, or as the system has it. The style sheet chooses the picture: it is known before React is. */
export function ThemeMenu() {
  const { theme, setTheme } = useTheme();
  return (
    <Menu
      trigger={
        <Button variant="ghost" size="icon" aria-label={texts.theme.label}>
          <Sun aria-hidden className="size-5 dark:hidden" />
          <Moon aria-hidden className="hidden size-5 dark:block" />
        </Button>
      }
    >
      <MenuChoice
        label={texts.theme.label}
        value={theme ?? "system"}
        options={THEMES}
        onChange={setTheme}
      />
    </Menu>
  );
}
