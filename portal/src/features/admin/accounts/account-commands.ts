import type { Command } from "@/components/command/command";
import { type AccountDetail, type Api, done } from "@/lib/api";
import { texts } from "@/texts/admin-accounts";

type Account = AccountDetail["account"];

/** What can be done with an account now, as far as a page can tell; the API decides. */
export function commandsFor(api: Api, { account, deletion }: AccountDetail): Command[] {
  if (account.status === "deleted") return isUnderWay(deletion) ? [] : [remove(api, account)];
  const suspended = account.status === "suspended";
  const commands = [suspended ? activate(api, account) : suspend(api, account)];
  if (account.is_admin) commands.push(revoke(api, account));
  else if (account.status === "active") commands.push(grant(api, account));
  if (!account.is_admin) commands.push(remove(api, account));
  return commands;
}

/** Whether a job is at it, and not only waiting for its day. One that was taken away can be begun anew. */
function isUnderWay(deletion: AccountDetail["deletion"]): boolean {
  const job = deletion?.job;
  return Boolean(deletion?.begun_at && job && !job.finished_at);
}

function suspend(api: Api, { id, email }: Account): Command {
  return {
    ...worded("suspend", email),
    danger: true,
    confirm: email,
    run: ({ reason }) => changeStatus(api, id, "suspended", reason),
  };
}

function activate(api: Api, { id, email }: Account): Command {
  return {
    ...worded("activate", email),
    run: ({ reason }) => changeStatus(api, id, "active", reason),
  };
}

function grant(api: Api, { id, email }: Account): Command {
  return {
    ...worded("grant", email),
    danger: true,
    confirm: email,
    run: ({ reason }) => changeAdmin(api, id, true, reason),
  };
}

function revoke(api: Api, { id, email }: Account): Command {
  return {
    ...worded("revoke", email),
    danger: true,
    run: ({ reason }) => changeAdmin(api, id, false, reason),
  };
}

function remove(api: Api, { id, email }: Account): Command {
  const params = { path: { id } };
  return {
    ...worded("remove", email),
    danger: true,
    confirm: email,
    run: (given) => done(api.DELETE("/admin/accounts/{id}/complete", { params, body: given })),
  };
}

function worded(name: "suspend" | "activate" | "grant" | "revoke" | "remove", email: string) {
  const { title, text, action, done: taken } = texts[name];
  return { title: title(email), text, action, done: taken, reason: true };
}

function changeStatus(api: Api, id: string, status: string, reason: string) {
  const params = { path: { id } };
  return done(api.PUT("/admin/accounts/{id}/status", { params, body: { status, reason } }));
}

function changeAdmin(api: Api, id: string, is_admin: boolean, reason: string) {
  const params = { path: { id } };
  return done(api.PUT("/admin/accounts/{id}/admin", { params, body: { is_admin, reason } }));
}
