/** What the portal is told when it starts: `/config.json`, made from variables by the function that serves it. */
export interface Settings {
  /** Base of the API, without a slash at the end. */
  apiUrl: string;
  /** Base of Supabase (auth lies at `/auth/v1` below it), without a slash at the end. */
  authUrl: string;
  /** Supabase's publishable key: it names the project and grants nothing. */
  publishableKey: string;
  /** Domain below which instances are reached. */
  instanceDomain: string;
  /** local, staging or production. */
  environment: string;
  /** Where customers write to. None: nobody would read it. */
  supportEmail: string | null;
}

/** Reads the body of `/config.json`; throws with the name of the field that is missing or wrong. */
export function parseSettings(body: unknown): Settings {
  if (typeof body !== "object" || body === null) throw new Error("config.json is no object");
  const fields = body as Record<string, unknown>;
  return {
    apiUrl: httpUrl(fields, "api_url"),
    authUrl: httpUrl(fields, "auth_url"),
    publishableKey: text(fields, "publishable_key"),
    instanceDomain: text(fields, "instance_domain"),
    environment: text(fields, "environment"),
    supportEmail: fields["support_email"] ? text(fields, "support_email") : null,
  };
}

function text(fields: Record<string, unknown>, name: string): string {
  const value = fields[name];
  if (typeof value !== "string" || value === "") throw new Error(`config.json lacks ${name}`);
  return value;
}

function httpUrl(fields: Record<string, unknown>, name: string): string {
  const value = text(fields, name);
  if (!isHttpUrl(value)) throw new Error(`${name} in config.json is no http(s) URL`);
  return value.replace(/\/+$/, "");
}

/** Whether the browser may be sent there: an absolute http or https URL, never `javascript:` and the like. */
export function isHttpUrl(value: string): boolean {
  try {
    const { protocol } = new URL(value);
    return protocol === "https:" || protocol === "http:";
  } catch {
    return false;
  }
}
