import { expect, it, vi } from "vitest";

import { createApi, done, type TokenSource } from "./api";
import { ProblemError } from "./problem";

const BASE = "http://api.test";

function json(status: number, body: unknown, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: { "content-type": "application/json", ...headers },
  });
}

function tokens(current: string | null, renewed: string | null): TokenSource {
  return { current: () => Promise.resolve(current), renew: vi.fn(() => Promise.resolve(renewed)) };
}

/** A server that answers in turn and keeps what it was asked. */
function server(...answers: (Response | Error)[]) {
  const requests: { authorization: string | null; body: string }[] = [];
  const send = async (input: RequestInfo | URL): Promise<Response> => {
    const request = input as Request;
    requests.push({
      authorization: request.headers.get("authorization"),
      body: await request.text(),
    });
    const answer = answers.shift();
    if (answer === undefined) throw new Error("asked too often");
    if (answer instanceof Error) throw answer;
    return answer;
  };
  return { requests, send };
}

it("sends the token", async () => {
  const { requests, send } = server(json(200, { is_admin: true }));
  const api = createApi(BASE, tokens("t1", null), send);
  expect(await done(api.GET("/my/account/admin-status"))).toEqual({ is_admin: true });
  expect(requests[0]?.authorization).toBe("Bearer t1");
});

it("sends none when nobody is signed in", async () => {
  const { requests, send } = server(json(200, {}));
  await done(createApi(BASE, tokens(null, null), send).GET("/pricing/config"));
  expect(requests[0]?.authorization).toBeNull();
});

it("tries once more, with the same body, after renewing a refused token", async () => {
  const { requests, send } = server(json(401, {}), json(202, { success: true }));
  const source = tokens("old", "new");
  const api = createApi(BASE, source, send);
  await done(api.POST("/my/instances/provision", { body: { subdomain: "acme" } }));
  expect(requests.map((r) => r.authorization)).toEqual(["Bearer old", "Bearer new"]);
  expect(requests[1]?.body).toBe('{"subdomain":"acme"}');
  expect(source.renew).toHaveBeenCalledOnce();
});

it("gives up when the session cannot be renewed", async () => {
  const problem = { code: "token_expired", detail: "Sign in again.", request_id: "r1" };
  const { send } = server(json(401, problem));
  const call = done(createApi(BASE, tokens("old", null), send).GET("/my/account"));
  await expect(call).rejects.toMatchObject({
    status: 401,
    code: "token_expired",
    detail: "Sign in again.",
    requestId: "r1",
  });
});

it("tells fields and the time to wait", async () => {
  const problem = {
    code: "invalid",
    detail: "A field is wrong.",
    request_id: "",
    errors: [{ field: "subdomain", message: "is taken" }],
  };
  const { send } = server(json(422, problem, { "retry-after": "7", "x-request-id": "r2" }));
  const call = done(
    createApi(BASE, tokens("t", null), send).POST("/my/instances/provision", { body: {} }),
  );
  await expect(call).rejects.toMatchObject({
    fields: { subdomain: "is taken" },
    retryAfter: 7,
    requestId: "r2",
  });
});

it("has a text for answers that are no problem documents, and for none at all", async () => {
  const proxy = new Response("<h1>Bad gateway</h1>", { status: 502 });
  const { send } = server(proxy, new TypeError("fetch failed"));
  const api = createApi(BASE, tokens("t", null), send);
  await expect(done(api.GET("/my/account"))).rejects.toMatchObject({ code: "unreadable" });
  await expect(done(api.GET("/my/account"))).rejects.toBeInstanceOf(ProblemError);
});
