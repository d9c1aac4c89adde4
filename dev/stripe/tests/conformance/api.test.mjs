// The API's own rules: idempotency, lists, expansion, errors, faults on purpose, and who may control.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import Stripe from 'stripe';

import { DAY, open } from './shop.mjs';

let shop;
let stripe;
let catalogue, control, order, pass, subscribe;
before(async () => {
  shop = await open();
  ({ stripe, catalogue, control, order, pass, subscribe } = shop);
});
after(() => shop?.stop());

test('a key is good for a day, and while its call runs nobody else has it', async () => {
  const create = (name, idempotencyKey) => stripe.customers.create({ name }, { idempotencyKey });
  const { done, refused, key } = await twoAtOnce((key) => create('A', key));
  assert.equal(refused.statusCode, 409);
  assert.equal(refused.code, 'idempotency_key_in_use');
  assert.equal((await create('A', key)).id, done.id);
  await assert.rejects(create('B', key), { type: 'StripeIdempotencyError', statusCode: 400 });
  await pass(DAY + 1);
  assert.notEqual((await create('B', key)).id, done.id);
});

/** Calls twice at once with one key, and again with another while the machine is too busy for the two to meet. */
async function twoAtOnce(call) {
  for (let turn = 1; ; turn += 1) {
    const key = `customer:${turn}`;
    await control('api', { faults: [{ kind: 'slow', path: '/v1/customers', delay_ms: 1500, times: 2 }] });
    const calls = await Promise.allSettled([call(key), call(key)]);
    const refused = calls.find(({ status }) => status === 'rejected')?.reason;
    const done = calls.find(({ status }) => status === 'fulfilled')?.value;
    await control('api', { faults: [] });
    if (refused) return { done, refused, key };
  }
}

test('what the bank said is kept for its key, and what was wrong is not', async () => {
  const customer = await stripe.customers.create({});
  const price = await catalogue('keys');
  const method = await stripe.paymentMethods.attach('pm_card_chargeCustomerFail', { customer: customer.id });
  const create = (extra) =>
    stripe.subscriptions.create(
      {
        customer: customer.id,
        items: [{ price: price.id }],
        default_payment_method: method.id,
        payment_behavior: 'error_if_incomplete',
        ...extra,
      },
      { idempotencyKey: 'subscription:1' },
    );
  await assert.rejects(create({ nonsense: 1 }), { code: 'parameter_unknown' });
  await assert.rejects(create(), { statusCode: 402 });
  const again = await create().catch((error) => error);
  assert.equal(again.statusCode, 402);
  assert.equal(again.headers['idempotent-replayed'], 'true');
  assert.equal((await stripe.subscriptions.list({ customer: customer.id, status: 'all' })).data.length, 0);
});

test('faults strike as often as they are told, and the client gets over them', async () => {
  const patient = shop.client(shop.secretKey, { maxNetworkRetries: 3 });
  await control('api', { faults: [{ kind: 'rate_limit', times: 1 }] });
  await assert.rejects(stripe.customers.list(), (error) => {
    assert.ok(error instanceof Stripe.errors.StripeRateLimitError);
    assert.equal(error.headers['retry-after'], '1');
    return error.statusCode === 429;
  });
  await control('api', { faults: [{ kind: 'error', times: 2 }] });
  await patient.customers.list();
  await control('api', { faults: [{ kind: 'unavailable' }] });
  await assert.rejects(stripe.customers.list(), /Invalid JSON/);
  // The answer is lost, the customer is not: the client repeats with its key and gets the same one.
  await control('api', { faults: [{ kind: 'lost_answer', path: '/v1/customers' }] });
  const { id } = await patient.customers.create({ email: 'lost@example.org' });
  const all = await stripe.customers.list({ email: 'lost@example.org' });
  assert.deepEqual(all.data.map((one) => one.id), [id]);
});

test('events are found by type and time, page by page', async () => {
  const from = Math.floor(Date.now() / 1000);
  const { id } = await stripe.customers.create({ name: 'A' });
  for (const name of ['B', 'C', 'D']) await stripe.customers.update(id, { name });
  const list = (extra) => stripe.events.list({ types: ['customer.updated'], ...extra });
  const first = await list({ limit: 2 });
  assert.equal(first.has_more, true);
  const rest = await list({ starting_after: first.data[1].id, limit: 2 });
  const names = [...first.data, ...rest.data].map(({ data }) => data.object.name);
  assert.deepEqual(names.slice(0, 3), ['D', 'C', 'B']);
  const before = await list({ ending_before: first.data[1].id });
  assert.deepEqual(before.data.map((event) => event.id), [first.data[0].id]);
  assert.equal((await list({ created: { lt: from } })).data.length, 0);
  assert.ok((await list({ created: { gte: from } })).data.length >= 3);
  for (const limit of [0, 101]) await assert.rejects(list({ limit }), { param: 'limit' });
  await assert.rejects(stripe.events.list({ type: 'a.b', types: ['c.d'] }), { param: 'types' });
});

test('expansion puts objects in the place of ids, and refuses what is none', async () => {
  const { session, subscription } = await subscribe(await catalogue('expand'));
  const whole = await stripe.checkout.sessions.retrieve(session.id, {
    expand: ['line_items', 'subscription.latest_invoice', 'customer'],
  });
  assert.equal(whole.line_items.data[0].price.lookup_key, 'expand');
  assert.equal(whole.subscription.latest_invoice.status, 'paid');
  assert.equal(whole.customer.object, 'customer');
  const list = await stripe.subscriptions.list({ expand: ['data.customer', 'data.latest_invoice.customer'] });
  const found = list.data.find((one) => one.id === subscription.id);
  assert.equal(found.customer.object, 'customer');
  assert.equal(found.latest_invoice.customer.object, 'customer');
  const product = await stripe.subscriptions.retrieve(subscription.id, { expand: ['items.data.price.product'] });
  assert.equal(product.items.data[0].price.product.object, 'product');
  for (const path of ['nothing', 'status', 'id', 'metadata.x', 'a.b.c.d.e']) {
    await assert.rejects(stripe.subscriptions.retrieve(subscription.id, { expand: [path] }), { param: 'expand' }, path);
  }
});

test('errors name what was wrong', async () => {
  const { id } = await stripe.customers.create({});
  const price = await catalogue('errors');
  const refused = (promise, wanted) => assert.rejects(promise, (error) => {
    assert.match(error.requestId, /^req_/);
    assert.equal(error.rawType, 'invalid_request_error');
    for (const [field, value] of Object.entries(wanted)) assert.equal(error[field], value, field);
    return true;
  });
  await refused(stripe.customers.update(id, { shoe_size: 9 }), { code: 'parameter_unknown', param: 'shoe_size', statusCode: 400 });
  await refused(stripe.subscriptions.create({ customer: id, items: [] }), { code: 'parameter_missing', param: 'items' });
  await refused(stripe.subscriptions.create({ customer: id, items: [{ price: 'price_none' }] }), { code: 'resource_missing', param: 'items[0][price]' });
  await refused(stripe.checkout.sessions.create(order({ id }, price, { expires_at: 1 })), { param: 'expires_at' });
  await refused(stripe.refunds.create({}), { code: 'parameter_missing' });
  await refused(stripe.paymentMethods.attach('pm_none', { customer: id }), { code: 'resource_missing', statusCode: 404 });
  await assert.rejects(stripe.paymentMethods.attach('pm_card_visa_chargeDeclined', { customer: id }), {
    type: 'StripeCardError',
    code: 'card_declined',
    decline_code: 'generic_decline',
  });
  const old = shop.client(shop.secretKey, { apiVersion: '2024-06-20' });
  await refused(old.customers.list(), { statusCode: 400 });
});

test('a deleted customer is gone, and what it paid for ends', async () => {
  const { customer, subscription } = await subscribe(await catalogue('deleted'));
  assert.equal((await stripe.customers.del(customer.id)).deleted, true);
  assert.equal((await stripe.customers.retrieve(customer.id)).deleted, true);
  assert.equal((await stripe.subscriptions.retrieve(subscription.id)).status, 'canceled');
  await assert.rejects(stripe.customers.update(customer.id, { name: 'x' }), { statusCode: 404 });
  await shop.delivered('customer.deleted', customer.id);
});

test('only who has the key controls', async () => {
  const call = (headers, body = '{"seconds":1}') =>
    fetch(`${shop.origin}/_control/clock`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
    });
  assert.equal((await call({})).status, 401);
  assert.equal((await call({ authorization: 'Bearer sk_test_wrong' })).status, 401);
  const authorization = `Bearer ${shop.secretKey}`;
  for (const body of ['', '{', '{}', '{"seconds":-1}', '{"seconds":1,"to":1}', '{"to":"x"}', `{"seconds":${2 ** 60}}`]) {
    const { status } = await call({ authorization }, body);
    assert.ok(status >= 400 && status < 500, `${body}: ${status}`);
  }
  for (const [path, body] of [['webhooks', { mode: 'x' }], ['webhooks', { mode: 'normal', endpoint: 'we_none' }], ['api', { faults: [{ kind: 'x' }] }], ['account', { after_retries: 'x' }]]) {
    await assert.rejects(control(path, body), undefined, path);
  }
});
