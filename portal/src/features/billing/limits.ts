import type { Subscription } from "@/lib/api";
import { day } from "@/lib/format";
import { texts as account } from "@/texts/account";

const { billing: texts } = account;

/** How the wire writes "no bound" in a number. */
export const UNLIMITED = 999_999;

/** What the plan includes and how it is paid, as names and values. */
export function limitsOf(mine: Subscription): [string, string][] {
  const facts: [string, string][] = [
    [texts.agents, limit(mine.max_agents)],
    [texts.messages, limit(mine.max_messages_per_day)],
    [texts.storage, limit(mine.max_storage_gb, texts.gigabytes)],
  ];
  if (mine.billing_cycle) {
    facts.unshift([texts.paid, texts.cycles[mine.billing_cycle] ?? mine.billing_cycle]);
  }
  if (mine.current_period_end) {
    const from = day(mine.current_period_start);
    facts.push([texts.period, texts.until(from, day(mine.current_period_end))]);
  }
  return facts;
}

function limit(number: number, unit = (text: string) => text): string {
  return number >= UNLIMITED ? texts.unlimited : unit(number.toLocaleString("en-US"));
}
