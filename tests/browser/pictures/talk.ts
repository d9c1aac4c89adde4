// A short conversation with the agent, as any Matrix client has it.

import { ask } from "../support/platform";

export interface Login {
  homeserver: string;
  user: string;
  password: string;
}

const QUESTION =
  "Where do we stand with the summer party? Please read the notes in this room and tell me what is left.";

/** Longest wait for the agent to come into the room and to answer (milliseconds). */
const PATIENCE = 300_000;

interface Message {
  sender: string;
  type: string;
  content: { body?: string };
}

/** Asks the agent in the Lobby and waits for its answer; gives the room's id. */
export async function talk({ homeserver, user, password }: Login): Promise<string> {
  const token = (
    await call<{ access_token: string }>(homeserver, "POST", "/login", undefined, {
      type: "m.login.password",
      identifier: { type: "m.id.user", user },
      password,
    })
  ).access_token;
  const server = user.slice(user.indexOf(":") + 1);
  const alias = encodeURIComponent(`#lobby:${server}`);
  const end = Date.now() + PATIENCE;
  const { room_id } = await until(end, () =>
    call<{ room_id: string }>(homeserver, "POST", `/join/${alias}`, token, {}),
  );
  const room = encodeURIComponent(room_id);
  const { joined } = await call<{ joined: Record<string, { display_name?: string }> }>(
    homeserver,
    "GET",
    `/rooms/${room}/joined_members`,
    token,
  );
  const agent = Object.keys(joined).find((id) => id.includes("assistant"));
  if (!agent) throw new Error(`no agent among ${Object.keys(joined).join(", ")}`);
  const name = joined[agent]?.display_name ?? "Assistant";
  await call(homeserver, "PUT", `/rooms/${room}/send/m.room.message/${Date.now()}`, token, {
    msgtype: "m.text",
    body: `${name}: ${QUESTION}`,
    format: "org.matrix.custom.html",
    formatted_body: `<a href="https://matrix.to/#/${agent}">${name}</a>: ${QUESTION}`,
    "m.mentions": { user_ids: [agent] },
  });
  await until(end, async () => {
    const { chunk } = await call<{ chunk: Message[] }>(
      homeserver,
      "GET",
      `/rooms/${room}/messages?dir=b&limit=20`,
      token,
    );
    const answered = chunk.some(
      ({ sender, content }) => sender === agent && /rain plan/.test(content.body ?? ""),
    );
    if (!answered) throw new Error(`no answer: ${JSON.stringify(chunk).slice(0, 500)}`);
  });
  return room_id;
}

/** Tries until it works: the invitation comes a moment after the instance is up, the answer when it is written. */
async function until<T>(end: number, attempt: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, 1_000));
    }
  }
}

async function call<T>(
  homeserver: string,
  method: string,
  path: string,
  token?: string,
  json?: unknown,
): Promise<T> {
  const headers: Record<string, string> = token ? { authorization: `Bearer ${token}` } : {};
  const answer = await ask(`${homeserver}/_matrix/client/v3${path}`, { method, json, headers });
  if (answer.status !== 200) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`);
  return JSON.parse(answer.text) as T;
}
