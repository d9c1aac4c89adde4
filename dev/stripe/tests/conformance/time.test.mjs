// What time does: renewals, retries, trials, expiry; by the stand-in's clock and by Stripe's own test clocks.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { DAY, FAILING_CARD, GOOD_CARD, open } from './shop.mjs';
import { problems } from './types.mjs';

let shop;
let stripe;
let catalogue, control, delivered, kinds, order, pass, pay, post, subscribe;
before(async () => {
  shop = await open();
  ({ stripe, catalogue, control, delivered, kinds, order, pass, pay, post, subscribe } = shop);
});
after(() => shop?.stop());

const status = async (id) => (await stripe.subscriptions.retrieve(id)).status;
const trial = { subscription_data: { trial_period_days: 14 } };

test('months pass one after the other, each at its own time', async () => {
  const { subscription } = await subscribe(await catalogue('months'), { extra: trial });
  await pass(100 * DAY);
  const invoices = (await stripe.invoices.list({ subscription: subscription.id })).data.reverse();
  assert.deepEqual(invoices.map((one) => one.amount_paid), [0, 2000, 2000, 2000]);
  assert.equal(invoices[1].created, subscription.trial_end);
  const [line] = invoices[2].lines.data;
  assert.equal(invoices[2].created, line.period.start);
  assert.equal(invoices[3].lines.data[0].period.start, line.period.end);
  const told = await kinds(subscription.id);
  assert.deepEqual(told.slice(0, 3), [
    'customer.subscription.created',
    'customer.subscription.trial_will_end',
    'customer.subscription.updated',
  ]);
  await assert.rejects(control('clock', { seconds: -1 }), /ahead only/);
});

test('a failing card is tried eight times in two weeks, and then the settings decide', async () => {
  const price = await catalogue('dunning');
  for (const [after_retries, end] of [
    ['leave_past_due', 'past_due'],
    ['mark_unpaid', 'unpaid'],
    ['cancel', 'canceled'],
  ]) {
    await control('account', { after_retries });
    const { subscription } = await subscribe(price, { card: FAILING_CARD, extra: trial });
    await pass(14 * DAY);
    assert.equal(await status(subscription.id), 'past_due');
    const { latest_invoice: id } = await stripe.subscriptions.retrieve(subscription.id);
    const first = await stripe.invoices.retrieve(id);
    assert.equal(first.attempt_count, 1);
    assert.equal(first.next_payment_attempt, subscription.trial_end + DAY);
    await pass(14 * DAY);
    const last = await stripe.invoices.retrieve(id);
    assert.equal(last.attempt_count, 9);
    assert.equal(last.next_payment_attempt, null);
    assert.equal(last.status, 'open');
    assert.equal(await status(subscription.id), end);
    const failures = (await kinds(id)).filter((kind) => kind === 'invoice.payment_failed');
    assert.equal(failures.length, 9);
  }
});

test('who pays in between is no longer behind', async () => {
  const { customer, subscription } = await subscribe(await catalogue('recover'), {
    card: FAILING_CARD,
    extra: trial,
  });
  await pass(16 * DAY);
  const { latest_invoice: id } = await stripe.subscriptions.retrieve(subscription.id);
  await assert.rejects(stripe.invoices.pay(id), (error) => {
    assert.equal(error.type, 'StripeCardError');
    assert.equal(error.decline_code, 'generic_decline');
    return error.statusCode === 402;
  });
  const method = await stripe.paymentMethods.attach('pm_card_visa', { customer: customer.id });
  await stripe.customers.update(customer.id, { invoice_settings: { default_payment_method: method.id } });
  await stripe.subscriptions.update(subscription.id, { default_payment_method: method.id });
  // The next try finds the new card.
  await pass(3 * DAY);
  assert.equal((await stripe.invoices.retrieve(id)).status, 'paid');
  assert.equal(await status(subscription.id), 'active');
  await assert.rejects(stripe.invoices.pay(id), { code: 'invoice_already_paid' });
});

test('a bank that wants the customer sends them to the invoice', async () => {
  const { subscription } = await subscribe(await catalogue('sca'), {
    card: GOOD_CARD,
    extra: trial,
  });
  const method = await stripe.paymentMethods.attach('pm_card_authenticationRequired', {
    customer: subscription.customer,
  });
  await stripe.subscriptions.update(subscription.id, { default_payment_method: method.id });
  await pass(14 * DAY);
  assert.equal(await status(subscription.id), 'past_due');
  const event = await delivered('invoice.payment_action_required');
  const page = event.data.object.hosted_invoice_url;
  const card = '4000002760003184';
  assert.match(await (await post(`${page}/pay`, { card })).text(), /3-D Secure/);
  assert.equal((await post(`${page}/pay`, { card, bank: 'confirm' })).status, 303);
  assert.equal(await status(subscription.id), 'active');
});

test('a first payment that never comes expires after 23 hours', async () => {
  const price = await catalogue('incomplete');
  const customer = await stripe.customers.create({});
  const items = [{ price: price.id }];
  const awaited = await stripe.subscriptions.create({
    customer: customer.id,
    items,
    payment_behavior: 'default_incomplete',
    expand: ['latest_invoice.confirmation_secret'],
  });
  assert.equal(awaited.status, 'incomplete');
  assert.match(awaited.latest_invoice.confirmation_secret.client_secret, /^pi_.*_secret_/);
  const method = await stripe.paymentMethods.attach('pm_card_chargeCustomerFail', { customer: customer.id });
  const failing = { customer: customer.id, items, default_payment_method: method.id };
  const refused = { ...failing, payment_behavior: 'error_if_incomplete' };
  await assert.rejects(stripe.subscriptions.create(refused), { type: 'StripeCardError', code: 'card_declined' });
  const failed = await stripe.subscriptions.create(failing);
  assert.equal(failed.status, 'incomplete');
  const good = await stripe.paymentMethods.attach('pm_card_visa', { customer: customer.id });
  await stripe.invoices.pay(failed.latest_invoice, { payment_method: good.id });
  assert.equal(await status(failed.id), 'active');
  await pass(23 * 3600);
  const expired = await stripe.subscriptions.retrieve(awaited.id, { expand: ['latest_invoice'] });
  assert.equal(expired.status, 'incomplete_expired');
  assert.equal(expired.latest_invoice.status, 'void');
  assert.equal(problems({ Subscription: await stripe.subscriptions.retrieve(awaited.id) }), '');
});

test('sessions expire, scheduled ends come, and a trial without a card pauses', async () => {
  const price = await catalogue('ends');
  const customer = await stripe.customers.create({});
  const session = await stripe.checkout.sessions.create(order(customer, price));
  const { subscription } = await subscribe(price);
  await stripe.subscriptions.update(subscription.id, { cancel_at_period_end: true });
  const free = await stripe.checkout.sessions.create(
    order(customer, price, {
      payment_method_collection: 'if_required',
      subscription_data: {
        trial_period_days: 3,
        trial_settings: { end_behavior: { missing_payment_method: 'pause' } },
      },
    }),
  );
  assert.equal((await pay(free, {})).status, 303);
  const { subscription: resting } = await stripe.checkout.sessions.retrieve(free.id);
  await pass(DAY);
  assert.equal((await stripe.checkout.sessions.retrieve(session.id)).status, 'expired');
  await delivered('checkout.session.expired', session.id);
  await pass(31 * DAY);
  assert.equal(await status(subscription.id), 'canceled');
  assert.equal((await stripe.invoices.list({ subscription: subscription.id })).data.length, 1);
  assert.equal(await status(resting), 'paused');
  await delivered('customer.subscription.paused', resting);
  const method = await stripe.paymentMethods.attach('pm_card_visa', { customer: customer.id });
  await stripe.subscriptions.update(resting, { default_payment_method: method.id });
  assert.equal((await stripe.subscriptions.resume(resting)).status, 'active');
  await delivered('customer.subscription.resumed', resting);
  const paused = await stripe.subscriptions.pause(resting, { type: 'subscription' });
  assert.equal(paused.status_details.paused.subscription.type, 'pause_requested');
});

test('a test clock moves its customer and nobody else', async () => {
  const price = await catalogue('clocked');
  const mine = await subscribe(price);
  const theirs = await subscribe(price);
  const { clock, until } = await shop.clockOf(mine.customer);
  const end = mine.subscription.items.data[0].current_period_end;
  assert.equal(problems({ 'TestHelpers.TestClock': clock }), '');
  await until(end + 1);
  const renewed = await stripe.subscriptions.retrieve(mine.subscription.id);
  assert.equal(renewed.test_clock, clock.id);
  assert.equal(renewed.items.data[0].current_period_start, end);
  const other = await stripe.subscriptions.retrieve(theirs.subscription.id);
  assert.deepEqual(other.items.data[0].current_period_end, theirs.subscription.items.data[0].current_period_end);
  await assert.rejects(stripe.testHelpers.testClocks.advance(clock.id, { frozen_time: end }), {
    param: 'frozen_time',
  });
  assert.equal((await stripe.testHelpers.testClocks.del(clock.id)).deleted, true);
  assert.equal(await status(mine.subscription.id), 'canceled');
  assert.equal((await stripe.customers.retrieve(mine.customer.id)).deleted, true);
});
