import type { Metadata } from "next";

import { Checkout } from "@/features/checkout/checkout";
import { texts } from "@/texts/plans";

export const metadata: Metadata = { title: texts.checkout.title };

export default function CheckoutPage() {
  return <Checkout />;
}
