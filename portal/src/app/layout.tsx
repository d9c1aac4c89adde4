import "./globals.css";

import type { Metadata, Viewport } from "next";
import type { ReactNode } from "react";

import { SiteHeader } from "@/components/site-header";
import { Providers } from "@/lib/providers";

export const metadata: Metadata = {
  title: { default: "MindRoom", template: "%s · MindRoom" },
  description: "Your own AI team in your own Matrix homeserver.",
};

export const viewport: Viewport = { colorScheme: "light dark" };

export default function RootLayout({ children }: { children: ReactNode }) {
  return (
    <html lang="en">
      <body className="flex min-h-screen flex-col">
        <a
          href="#main"
          className="sr-only focus:not-sr-only focus:absolute focus:m-2 focus:rounded-lg focus:bg-surface focus:p-3"
        >
          Skip to the content
        </a>
        <Providers>
          <SiteHeader />
          <main id="main" tabIndex={-1} className="flex-1 px-4 py-8 sm:py-10">
            {children}
          </main>
        </Providers>
        <footer className="border-t border-line px-4 py-6 text-center text-sm text-muted">
          MindRoom: agents that live where your team talks.
        </footer>
      </body>
    </html>
  );
}
