import type { ListSpec } from "@/components/list/list-query";
import { texts } from "@/texts/audit";

/** Kinds of actors, as the API names them. */
export const ACTORS = Object.keys(texts.actors);

/** `before` is where older entries begin: the log is read by its key, 20,000 entries at a time. */
export const SPEC: ListSpec<
  "actor_type" | "account_id" | "actor_id" | "action" | "resource_type" | "resource_id" | "before"
> = {
  sorts: ["created_at", "action", "actor_type"],
  first: { sort: "created_at", order: "DESC" },
  filters: {
    actor_type: ACTORS,
    account_id: "text",
    actor_id: "text",
    action: "text",
    resource_type: "text",
    resource_id: "text",
    before: "text",
  },
};

/** The address's `before` as the API takes it; nonsense is left out. */
export function beforeOf(before: string | undefined): { before?: number } {
  return before !== undefined && /^[1-9]\d{0,14}$/.test(before) ? { before: Number(before) } : {};
}
