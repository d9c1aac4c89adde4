// A customer's whole life, driven by the official client.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import Stripe from 'stripe';

import { open } from './shop.mjs';
import { problems } from './types.mjs';

let shop;
let stripe;
let catalogue, delivered, order, pay;
before(async () => {
  shop = await open();
  ({ stripe, catalogue, delivered, order, pay } = shop);
});
after(() => shop?.stop());

test('a trial: customer, price, session, page, subscription, events', async () => {
  const customer = await stripe.customers.create({ email: 'a@example.org', metadata: { account_id: '1' } });
  const price = await catalogue('hobby_monthly');
  const listed = await stripe.prices.list({ lookup_keys: ['hobby_monthly'], active: true });
  assert.deepEqual(listed.data.map((one) => one.id), [price.id]);

  const trial = { trial_period_days: 3, metadata: { account_id: '1' } };
  const session = await stripe.checkout.sessions.create(order(customer, price, { subscription_data: trial }));
  assert.equal(session.status, 'open');
  const page = await fetch(session.url);
  assert.match(await page.text(), /Plan hobby_monthly[^]*20\.00 USD[^]*Free until/);

  const declined = await pay(session, { card: '4000000000000002' });
  assert.equal(declined.status, 402);
  assert.match(await declined.text(), /Your card was declined/);

  const paid = await pay(session, { card: '4242 4242 4242 4242' });
  assert.equal(paid.status, 303);
  assert.equal(paid.headers.get('location'), `http://app.example/return?session=${session.id}`);

  const completed = await stripe.checkout.sessions.retrieve(session.id);
  assert.equal(completed.status, 'complete');
  assert.equal(completed.payment_status, 'no_payment_required');
  assert.equal(completed.client_reference_id, 'account-1');
  assert.equal(completed.url, null);

  const subscription = await stripe.subscriptions.retrieve(completed.subscription);
  assert.equal(subscription.status, 'trialing');
  assert.equal(subscription.metadata.account_id, '1');
  assert.equal(subscription.items.data[0].current_period_end, subscription.trial_end);
  assert.equal(subscription.trial_end - subscription.trial_start, 3 * 86400);

  const invoice = await stripe.invoices.retrieve(subscription.latest_invoice);
  assert.equal(invoice.status, 'paid');
  assert.equal(invoice.amount_due, 0);
  assert.equal(invoice.parent.subscription_details.subscription, subscription.id);
  assert.equal((await fetch(invoice.hosted_invoice_url)).status, 200);

  await delivered('customer.subscription.created', subscription.id);
  await delivered('invoice.paid', invoice.id);
  const event = await delivered('checkout.session.completed', session.id);
  assert.equal(event.api_version, '2026-10-28.endive');
  assert.equal(event.data.object.subscription, subscription.id);
  const method = await stripe.paymentMethods.retrieve(subscription.default_payment_method);

  assert.deepEqual(
    problems({
      Customer: customer,
      Product: await stripe.products.retrieve(price.product),
      Price: price,
      'Checkout.Session': completed,
      Subscription: subscription,
      Invoice: invoice,
      PaymentMethod: method,
      Event: await stripe.events.retrieve(event.id),
      'BillingPortal.Session': await stripe.billingPortal.sessions.create({ customer: customer.id }),
    }),
    '',
  );
});

test('without a trial it is charged at once; 3-D Secure asks first', async () => {
  const customer = await stripe.customers.create({ email: 'b@example.org' });
  const price = await catalogue('pro_yearly', 192000, 'year');
  const session = await stripe.checkout.sessions.create(order(customer, price));
  assert.equal(session.amount_total, 192000);
  const card = '4000002500003155';
  assert.match(await (await pay(session, { card })).text(), /Confirm payment/);
  assert.equal((await stripe.checkout.sessions.retrieve(session.id)).status, 'open');
  assert.equal((await pay(session, { card, bank: 'refuse' })).status, 402);
  assert.equal((await pay(session, { card, bank: 'confirm' })).status, 303);
  const completed = await stripe.checkout.sessions.retrieve(session.id);
  assert.equal(completed.payment_status, 'paid');
  const subscription = await stripe.subscriptions.retrieve(completed.subscription);
  assert.equal(subscription.status, 'active');
  const [invoice] = (await stripe.invoices.list({ subscription: subscription.id })).data;
  assert.equal(invoice.amount_paid, 192000);

  // A second click pays nothing twice.
  assert.equal((await pay(session, { card, bank: 'confirm' })).status, 303);
  const all = await stripe.subscriptions.list({ customer: customer.id, status: 'all' });
  assert.equal(all.data.length, 1);
});

test('cancel at the end of the period, take it back, cancel now', async () => {
  const customer = await stripe.customers.create({});
  const price = await catalogue('byok_monthly', 1000);
  const session = await stripe.checkout.sessions.create(order(customer, price));
  await pay(session, { card: '4242424242424242' });
  const { subscription: id } = await stripe.checkout.sessions.retrieve(session.id);

  const scheduled = await stripe.subscriptions.update(id, { cancel_at_period_end: true });
  assert.equal(scheduled.cancel_at, scheduled.items.data[0].current_period_end);
  const updated = await delivered('customer.subscription.updated', id);
  assert.equal(updated.data.previous_attributes.cancel_at_period_end, false);

  const kept = await stripe.subscriptions.update(id, { cancel_at_period_end: false });
  assert.equal(kept.cancel_at, null);
  assert.equal(kept.canceled_at, null);

  const other = await catalogue('byok_monthly_2', 1500);
  const items = [{ id: kept.items.data[0].id, price: other.id }];
  const changed = await stripe.subscriptions.update(id, { items, proration_behavior: 'none' });
  assert.equal(changed.items.data[0].price.id, other.id);

  const ended = await stripe.subscriptions.cancel(id);
  assert.equal(ended.status, 'canceled');
  await delivered('customer.subscription.deleted', id);
  assert.equal((await stripe.subscriptions.list({ customer: customer.id })).data.length, 0);
  assert.equal((await stripe.subscriptions.list({ customer: customer.id, status: 'ended' })).data.length, 1);
  await assert.rejects(stripe.subscriptions.cancel(id), { code: 'resource_missing', statusCode: 404 });
});

test('a session can be expired, and then not paid', async () => {
  const customer = await stripe.customers.create({});
  const price = await catalogue('expire_monthly');
  const session = await stripe.checkout.sessions.create(order(customer, price));
  const open = await stripe.checkout.sessions.list({ customer: customer.id, status: 'open' });
  assert.equal(open.data.length, 1);
  assert.equal((await stripe.checkout.sessions.expire(session.id)).status, 'expired');
  await assert.rejects(stripe.checkout.sessions.expire(session.id), { statusCode: 400 });
  assert.equal((await pay(session, { card: '4242424242424242' })).status, 410);
  await delivered('checkout.session.expired', session.id);
});

test('refusals look like the real ones', async () => {
  const customer = await stripe.customers.create({});
  const price = await catalogue('refusals_monthly');
  const create = (extra) => stripe.checkout.sessions.create(order(customer, price, extra));
  await assert.rejects(create({ payment_method_types: ['card'] }), {
    code: 'payment_method_types_no_longer_supported',
    statusCode: 400,
  });
  await assert.rejects(create({ nonsense: 1 }), { code: 'parameter_unknown', param: 'nonsense' });
  await assert.rejects(create({ success_url: undefined }), { code: 'parameter_missing', param: 'success_url' });
  await assert.rejects(create({ success_url: 'javascript:alert(1)' }), { param: 'success_url' });
  await assert.rejects(create({ customer: 'cus_none' }), { code: 'resource_missing', param: 'customer' });
  await assert.rejects(create({ line_items: [{ price: 'price_none', quantity: 1 }] }), {
    code: 'resource_missing',
    param: 'line_items[0][price]',
  });
  await assert.rejects(stripe.subscriptions.retrieve('sub_none'), { code: 'resource_missing', statusCode: 404 });
  await assert.rejects(shop.client('sk_test_wrong').customers.list(), (error) => {
    assert.ok(error instanceof Stripe.errors.StripeAuthenticationError);
    return error.statusCode === 401;
  });
  await assert.rejects(catalogue('refusals_monthly'), { param: 'lookup_key' });
  await assert.rejects(stripe.rawRequest('GET', '/v1/payouts'), { statusCode: 404 });
});

test('an idempotency key gives the same answer, and refuses another call', async () => {
  const idempotencyKey = 'account:1:customer';
  const first = await stripe.customers.create({ email: 'i@example.org' }, { idempotencyKey });
  const again = await stripe.customers.create({ email: 'i@example.org' }, { idempotencyKey });
  assert.equal(again.id, first.id);
  assert.equal(again.lastResponse.headers['idempotent-replayed'], 'true');
  assert.equal(again.lastResponse.headers['original-request'], first.lastResponse.requestId);
  await assert.rejects(stripe.customers.create({ email: 'other@example.org' }, { idempotencyKey }), {
    type: 'StripeIdempotencyError',
    statusCode: 400,
  });
});

test('lists go page by page, newest first', async () => {
  const made = [];
  for (let index = 0; index < 7; index += 1) {
    made.unshift((await stripe.customers.create({ email: 'list@example.org' })).id);
  }
  const seen = [];
  for await (const customer of stripe.customers.list({ email: 'list@example.org', limit: 3 })) {
    seen.push(customer.id);
  }
  assert.deepEqual(seen, made);
  const before = await stripe.customers.list({ email: 'list@example.org', ending_before: made[4], limit: 2 });
  assert.deepEqual(before.data.map((one) => one.id), made.slice(2, 4));
  assert.equal(before.has_more, true);
  await assert.rejects(stripe.customers.list({ starting_after: 'cus_none' }), { param: 'starting_after' });
});

test('customers are changed field by field', async () => {
  const { id } = await stripe.customers.create({ name: 'A', metadata: { a: '1', b: '2' } });
  const changed = await stripe.customers.update(id, { name: '', email: 'c@example.org', metadata: { a: '' } });
  assert.equal(changed.name, null);
  assert.deepEqual({ ...changed.metadata }, { b: '2' });
  const event = await delivered('customer.updated', id);
  assert.equal(event.data.previous_attributes.name, 'A');
});
