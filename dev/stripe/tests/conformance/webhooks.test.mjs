// Deliveries: endpoints and their secrets, and everything that can go wrong on the way.

import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';

import { WEBHOOK_SECRET, eventually } from './stand-in.mjs';
import { open } from './shop.mjs';
import { problems } from './types.mjs';

let shop;
let stripe;
let control, pass;
before(async () => {
  shop = await open();
  ({ stripe, control, pass } = shop);
});
after(() => shop?.stop());
beforeEach(() => control('webhooks', { mode: 'normal' }));

/** Something happens that the endpoint is told of. Answers the customer's id. */
async function happens() {
  const { id } = await stripe.customers.create({ name: 'A' });
  await stripe.customers.update(id, { name: 'B' });
  return id;
}
const about = (id) =>
  shop.deliveries.filter(({ body }) => JSON.parse(body).data.object.id === id);
const arrived = (id, count) => eventually(() => about(id).length >= count && about(id));
const accepted = ({ body, signature }, secret = WEBHOOK_SECRET) => {
  try {
    return Boolean(stripe.webhooks.constructEvent(body, signature, secret));
  } catch (error) {
    assert.equal(error.type, 'StripeSignatureVerificationError');
    return false;
  }
};

test('twice', async () => {
  await control('webhooks', { mode: 'duplicate' });
  const id = await happens();
  const [first, second] = await arrived(id, 2);
  assert.deepEqual(JSON.parse(first.body), JSON.parse(second.body));
  assert.ok(accepted(first) && accepted(second));
});

/** The order in which eight events come that are held back together: their places in the row. */
async function order(seed) {
  await control('webhooks', { mode: 'reordered', seed });
  const ids = [];
  for (let count = 0; count < 8; count += 1) ids.push(await happens());
  assert.deepEqual(ids.flatMap(about), [], 'held back');
  await control('webhooks', { mode: 'normal' });
  await Promise.all(ids.map((id) => arrived(id, 1)));
  const came = shop.deliveries.map(({ body }) => ids.indexOf(JSON.parse(body).data.object.id));
  return came.filter((place) => place >= 0);
}

test('in another order, the same for the same seed', async () => {
  const first = await order(7);
  assert.notDeepEqual(first, [0, 1, 2, 3, 4, 5, 6, 7]);
  assert.deepEqual([...first].sort(), [0, 1, 2, 3, 4, 5, 6, 7]);
  assert.deepEqual(await order(7), first);
  assert.notDeepEqual(await order(8), first);
});

test('late, by the clock', async () => {
  await control('webhooks', { mode: 'delayed', seconds: 3600 });
  const id = await happens();
  const next = await stripe.events.list({ delivery_success: false, type: 'customer.updated' });
  assert.equal(next.data.length, 1);
  assert.deepEqual(about(id), []);
  await pass(3600);
  await arrived(id, 1);
});

test('lost on the way and sent again', async () => {
  await control('webhooks', { mode: 'dropped' });
  const id = await happens();
  const [only] = await arrived(id, 1);
  assert.ok(accepted(only));
  assert.equal(about(id).length, 1);
});

test('never, but it is in the list', async () => {
  await control('webhooks', { mode: 'lost' });
  const id = await happens();
  await control('webhooks', { mode: 'lost' });
  const marker = await eventually(async () => {
    const missed = await stripe.events.list({ delivery_success: false });
    return missed.data.find((event) => event.data.object.id === id);
  });
  assert.equal(marker.type, 'customer.updated');
  assert.deepEqual(about(id), []);
});

test('signed by two, by somebody else, and long ago', async () => {
  await control('webhooks', { mode: 'second_secret' });
  const [two] = await arrived(await happens(), 1);
  assert.equal(two.signature.match(/v1=/g).length, 2);
  assert.ok(accepted(two));
  await control('webhooks', { mode: 'wrong_secret' });
  const [foreign] = await arrived(await happens(), 1);
  assert.ok(!accepted(foreign));
  await control('webhooks', { mode: 'old_timestamp' });
  const [old] = await arrived(await happens(), 1);
  assert.ok(!accepted(old));
});

test('a second endpoint gets what it wants, and its secret is replaced', async () => {
  const { url } = (await stripe.webhookEndpoints.list()).data[0];
  const endpoint = await stripe.webhookEndpoints.create({
    url: `${url}/second`,
    enabled_events: ['customer.created'],
    api_version: '2026-10-28.endive',
  });
  assert.match(endpoint.secret, /^whsec_/);
  assert.equal(problems({ WebhookEndpoint: endpoint }), '');
  assert.equal((await stripe.webhookEndpoints.retrieve(endpoint.id)).secret, undefined);
  const second = async () => {
    const id = await happens();
    const found = () => about(id).filter(({ path }) => path.endsWith('/second'));
    return eventually(() => found()[0]);
  };
  const before = await second();
  assert.equal(JSON.parse(before.body).type, 'customer.created');
  assert.ok(accepted(before, endpoint.secret));

  const { secret } = await control(`webhooks/${endpoint.id}/roll_secret`, { overlap_seconds: 3600 });
  const during = await second();
  assert.ok(accepted(during, endpoint.secret) && accepted(during, secret));
  await pass(3600);
  const afterwards = await second();
  assert.ok(accepted(afterwards, secret) && !accepted(afterwards, endpoint.secret));

  await stripe.webhookEndpoints.update(endpoint.id, { enabled_events: ['*'], disabled: true });
  assert.equal((await stripe.webhookEndpoints.del(endpoint.id)).deleted, true);
  await assert.rejects(stripe.webhookEndpoints.retrieve(endpoint.id), { statusCode: 404 });
  await assert.rejects(
    stripe.webhookEndpoints.create({ url, enabled_events: ['NOT an event'] }),
    { param: 'enabled_events' },
  );
});
