import createClient, { type Client } from "openapi-fetch";

import type { components, paths } from "./api.generated";
import { problemOf, unreachable } from "./problem";

type Schemas = components["schemas"];
export type Account = Schemas["Account"];
export type AccountDetail = Schemas["AdminAccountDetail"];
export type Activity = Schemas["Activity"];
export type AdminAccount = Schemas["AdminAccount"];
export type InstancesSynced = Schemas["InstancesSynced"];
export type AdminInstance = Schemas["AdminInstance"];
export type AdminJob = Schemas["AdminJob"];
export type AdminPayment = Schemas["AdminPayment"];
export type AdminStats = Schemas["AdminStats"];
export type AdminSubscription = Schemas["AdminSubscription"];
export type AdminUsage = Schemas["AdminUsage"];
export type AuditEntry = Schemas["AuditEntry"];
export type Estimate = Schemas["Estimate"];
export type HealthHour = Schemas["HealthHour"];
export type Instance = Schemas["Instance"];
export type InstanceDetail = Schemas["AdminInstanceDetail"];
export type InstanceEvent = Schemas["Event"];
export type MyAuditEntry = Schemas["MyAuditEntry"];
export type Payment = Schemas["Payment"];
export type PlanCard = Schemas["PlanCard"];
export type PricingConfig = Schemas["PricingConfig"];
export type Step = Schemas["Step"];
export type Subscription = Schemas["Subscription"];
export type SubscriptionChange = Schemas["SubscriptionChange"];
export type Usage = Schemas["Usage"];
export type UsageDay = Schemas["UsageDay"];
export type WebhookEvent = Schemas["AdminWebhookEvent"];

export type Api = Client<paths>;

/** Where the API's client gets the caller's token. */
export interface TokenSource {
  /** The present access token; null when nobody is signed in. */
  current(): Promise<string | null>;
  /** A fresh one after the API refused the present one; null when the session has ended. */
  renew(): Promise<string | null>;
}

/** The client of the API at `baseUrl`: generated types, the caller's token, one retry with a renewed token. */
export function createApi(
  baseUrl: string,
  tokens: TokenSource,
  send: typeof fetch = (input, init) => fetch(input, init),
): Api {
  return createClient<paths>({
    baseUrl,
    fetch: (request) => authorized(request, tokens, send),
  });
}

async function authorized(
  request: Request,
  tokens: TokenSource,
  send: typeof fetch,
): Promise<Response> {
  const token = await tokens.current();
  if (token === null) return await send(request);
  const again = request.clone();
  request.headers.set("authorization", `Bearer ${token}`);
  const response = await send(request);
  if (response.status !== 401) return response;
  const renewed = await tokens.renew();
  if (renewed === null) return response;
  again.headers.set("authorization", `Bearer ${renewed}`);
  return await send(again);
}

/** The body of a call that was done; throws a `ProblemError` for one that was not. */
export async function done<T>(
  call: Promise<{ data?: T; error?: unknown; response: Response }>,
): Promise<T> {
  const { data, error, response } = await call.catch((cause: unknown) => {
    if (cause instanceof DOMException && cause.name === "AbortError") throw cause;
    throw unreachable();
  });
  if (data === undefined || !response.ok) throw problemOf(response, error);
  return data;
}
