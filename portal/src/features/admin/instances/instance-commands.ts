import type { Command } from "@/components/command/command";
import { type Api, done, type Instance } from "@/lib/api";
import { texts } from "@/texts/admin-instances";

/** What an administrator can wish for an instance. */
export type Wish = "start" | "stop" | "restart" | "provision";

type Facts = Pick<Instance, "status" | "desired_state">;

/** What makes sense now, as far as a page can tell; the API decides. */
export function wishesFor({ status, desired_state }: Facts): Wish[] {
  if (desired_state === "deleted" || status === "deprovisioned") return [];
  if (status === "error") return ["provision", "stop"];
  if (desired_state === "stopped") return ["start"];
  return ["restart", "stop"];
}

/** Sends a wish. */
export function wish(api: Api, id: number, name: Wish, reason: string): Promise<unknown> {
  const params = { path: { id } };
  return done(api.POST(`/admin/instances/{id}/${name}`, { params, body: { reason } }));
}

/** What is asked before an instance is changed. */
export function commandsFor(api: Api, instance: Instance): Command[] {
  const { instance_id: id, name, subdomain } = instance;
  const commands = wishesFor(instance).map((one): Command => {
    return {
      ...worded(one, name),
      danger: one === "stop",
      run: ({ reason }) => wish(api, id, one, reason),
    };
  });
  if (instance.desired_state !== "deleted" && instance.status !== "deprovisioned") {
    const params = { path: { id } };
    commands.push({
      ...worded("uninstall", name),
      danger: true,
      confirm: subdomain,
      run: (given) => done(api.DELETE("/admin/instances/{id}/uninstall", { params, body: given })),
    });
  }
  return commands;
}

function worded(command: keyof typeof texts.commands, name: string) {
  const { title, text, action, done: taken } = texts.commands[command];
  return { title: title(name), text, action, done: taken(name), reason: true };
}
