import { CallToStart } from "@/features/landing/call-to-start";
import { Conversation } from "@/features/landing/conversation";
import { Hero } from "@/features/landing/hero";
import { HowItWorks } from "@/features/landing/how-it-works";
import { WhatItIs } from "@/features/landing/what-it-is";
import { Plans } from "@/features/pricing/plans";

export default function HomePage() {
  return (
    <div className="mx-auto grid max-w-6xl gap-20 pb-8 sm:gap-28">
      <Hero />
      <WhatItIs />
      <Conversation />
      <HowItWorks />
      <Plans />
      <CallToStart />
    </div>
  );
}
