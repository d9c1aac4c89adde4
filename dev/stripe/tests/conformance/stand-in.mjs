// Starts the stand-in (DEV_STRIPE) on the database at DATABASE_URL, with an endpoint for its webhooks and
// the official client pointed at it.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import Stripe from 'stripe';

const SECRET_KEY = 'sk_test_conformance';
export const WEBHOOK_SECRET = 'whsec_conformance';
/** For a machine that has much else to do. */
const DEADLINE_MS = 120_000;

/** Keeps every delivery as it arrived: headers and raw body. */
async function listen(deliveries) {
  const endpoint = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const path = request.url;
    deliveries.push({ path, signature: request.headers['stripe-signature'], body: Buffer.concat(chunks) });
    response.end();
  });
  endpoint.listen(0, '127.0.0.1');
  await once(endpoint, 'listening');
  return endpoint;
}

export async function start() {
  const deliveries = [];
  const endpoint = await listen(deliveries);
  const program = spawn(
    process.env.DEV_STRIPE,
    [
      '--listen', '127.0.0.1:0',
      '--webhook-url', `http://127.0.0.1:${endpoint.address().port}/webhooks/stripe`,
    ],
    {
      env: {
        ...process.env,
        RUST_LOG: 'warn',
        STRIPE_SECRET_KEY: SECRET_KEY,
        STRIPE_WEBHOOK_SECRET: WEBHOOK_SECRET,
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const [line] = await once(createInterface(program.stdout), 'line', { signal: AbortSignal.timeout(DEADLINE_MS) });
  const { origin, port } = new URL(line.replace('Serving ', ''));
  const client = (key = SECRET_KEY, options = {}) =>
    new Stripe(key, { host: '127.0.0.1', port, protocol: 'http', maxNetworkRetries: 0, ...options });
  return {
    deliveries,
    client,
    origin,
    secretKey: SECRET_KEY,
    stripe: client(),
    async stop() {
      program.kill('SIGTERM');
      if (program.exitCode === null) await once(program, 'exit');
      endpoint.closeAllConnections();
      endpoint.close();
    },
  };
}

/** Waits until `look` finds something. */
export async function eventually(look) {
  const end = Date.now() + DEADLINE_MS;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > end) throw new Error(`not within ${DEADLINE_MS} ms: ${look}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
