// A subscription is changed: proration, previews, payments that fail, pauses.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { DAY, FAILING_CARD, open } from './shop.mjs';
import { problems } from './types.mjs';

let shop;
let stripe;
let catalogue, delivered, pass, subscribe;
let small, large, yearly;
before(async () => {
  shop = await open();
  ({ stripe, catalogue, delivered, pass, subscribe } = shop);
  small = await catalogue('small', 3000);
  large = await catalogue('large', 6000);
  yearly = await catalogue('yearly', 30000, 'year');
});
after(() => shop?.stop());

const items = (subscription, price) => [{ id: subscription.items.data[0].id, price: price.id }];
/** The middle of a subscription's period. */
const middle = ({ items: { data } }) =>
  Math.round((data[0].current_period_start + data[0].current_period_end) / 2);
const amounts = (invoice) => invoice.lines.data.map((line) => line.amount);

test('the preview is what then happens', async () => {
  const { subscription } = await subscribe(small);
  const proration_date = middle(subscription);
  const change = { items: items(subscription, large), proration_behavior: 'always_invoice', proration_date };
  const preview = await stripe.invoices.createPreview({
    subscription: subscription.id,
    subscription_details: change,
  });
  assert.deepEqual(amounts(preview), [-1500, 3000]);
  assert.equal(preview.amount_due, 1500);
  assert.equal((await stripe.subscriptions.retrieve(subscription.id)).items.data[0].price.id, small.id);
  const changed = await stripe.subscriptions.update(subscription.id, change);
  const invoice = await stripe.invoices.retrieve(changed.latest_invoice);
  assert.deepEqual(amounts(invoice), amounts(preview));
  assert.equal(invoice.amount_paid, 1500);
  assert.equal(invoice.lines.data[0].parent.invoice_item_details.proration, true);
  assert.equal(problems({ Invoice: invoice }), '');

  const next = await stripe.invoices.createPreview({ subscription: subscription.id });
  assert.equal(next.billing_reason, 'upcoming');
  assert.equal(next.amount_due, 6000);
});

test('by default the difference is on the next invoice', async () => {
  const { subscription } = await subscribe(small);
  await stripe.subscriptions.update(subscription.id, {
    items: items(subscription, large),
    proration_date: middle(subscription),
  });
  assert.equal((await stripe.invoices.list({ subscription: subscription.id })).data.length, 1);
  const pending = await stripe.invoiceItems.list({ customer: subscription.customer, pending: true });
  assert.deepEqual(pending.data.map((item) => item.amount), [3000, -1500]);
  assert.equal(problems({ InvoiceItem: pending.data[0] }), '');
  await pass(32 * DAY);
  const [invoice] = (await stripe.invoices.list({ subscription: subscription.id })).data;
  assert.deepEqual(amounts(invoice), [-1500, 3000, 6000]);
});

test('a cheaper plan leaves a credit that later invoices use up', async () => {
  const { customer, subscription } = await subscribe(large);
  await stripe.subscriptions.update(subscription.id, {
    items: items(subscription, small),
    proration_behavior: 'always_invoice',
    proration_date: middle(subscription),
  });
  assert.equal((await stripe.customers.retrieve(customer.id)).balance, -1500);
  await pass(32 * DAY);
  const [invoice] = (await stripe.invoices.list({ subscription: subscription.id })).data;
  assert.equal(invoice.total, 3000);
  assert.equal(invoice.starting_balance, -1500);
  assert.equal(invoice.amount_paid, 1500);
  assert.equal((await stripe.customers.retrieve(customer.id)).balance, 0);
});

test('another interval begins a period of its own', async () => {
  const { subscription } = await subscribe(small);
  const changed = await stripe.subscriptions.update(subscription.id, {
    items: items(subscription, yearly),
    proration_date: middle(subscription),
    expand: ['latest_invoice'],
  });
  assert.deepEqual(amounts(changed.latest_invoice), [-1500, 30000]);
  const { current_period_start: start, current_period_end: end } = changed.items.data[0];
  assert.ok(end - start >= 365 * DAY);
  const restarted = await stripe.subscriptions.update(subscription.id, {
    billing_cycle_anchor: { type: 'now' },
    proration_behavior: 'none',
  });
  assert.ok(restarted.billing_cycle_anchor >= start);
});

test('a change whose payment fails is refused, waits, or leaves one behind', async () => {
  const failing = async () => {
    const { subscription } = await subscribe(small);
    const method = await stripe.paymentMethods.attach('pm_card_chargeCustomerFail', {
      customer: subscription.customer,
    });
    await stripe.subscriptions.update(subscription.id, { default_payment_method: method.id });
    return subscription;
  };
  const change = (subscription, payment_behavior) =>
    stripe.subscriptions.update(subscription.id, {
      items: items(subscription, large),
      proration_behavior: 'always_invoice',
      payment_behavior,
    });
  const first = await failing();
  await assert.rejects(change(first, 'error_if_incomplete'), { code: 'card_declined', statusCode: 402 });
  const kept = await stripe.subscriptions.retrieve(first.id);
  assert.equal(kept.items.data[0].price.id, small.id);
  assert.equal(kept.latest_invoice, first.latest_invoice);
  const lapsed = await change(first, 'allow_incomplete');
  assert.equal(lapsed.items.data[0].price.id, large.id);
  assert.equal(lapsed.status, 'past_due');

  const second = await failing();
  const waiting = await change(second, 'pending_if_incomplete');
  assert.equal(waiting.items.data[0].price.id, small.id);
  assert.equal(waiting.pending_update.subscription_items[0].price.id, large.id);
  assert.equal(problems({ Subscription: waiting }), '');
  const good = await stripe.paymentMethods.attach('pm_card_visa', { customer: second.customer });
  await stripe.invoices.pay(waiting.latest_invoice, { payment_method: good.id });
  const applied = await stripe.subscriptions.retrieve(second.id);
  assert.equal(applied.items.data[0].price.id, large.id);
  assert.equal(applied.pending_update, null);
  await delivered('customer.subscription.pending_update_applied', second.id);

  const third = await failing();
  const { latest_invoice: open } = await change(third, 'pending_if_incomplete');
  await pass(23 * 3600);
  await delivered('customer.subscription.pending_update_expired', third.id);
  assert.equal((await stripe.invoices.retrieve(open)).status, 'void');
});

test('collection is paused and comes back by itself', async () => {
  const { subscription } = await subscribe(small);
  const end = subscription.items.data[0].current_period_end;
  await stripe.subscriptions.update(subscription.id, {
    pause_collection: { behavior: 'void', resumes_at: end + 2 * DAY },
  });
  await pass(33 * DAY);
  const [invoice] = (await stripe.invoices.list({ subscription: subscription.id })).data;
  assert.equal(invoice.status, 'void');
  await pass(2 * DAY);
  const back = await stripe.subscriptions.retrieve(subscription.id);
  assert.equal(back.pause_collection, null);
  assert.equal(back.status, 'active');
});

test('trials end early or later, subscriptions end with a credit, invoices are voided', async () => {
  const extra = { subscription_data: { trial_period_days: 5 } };
  const { subscription } = await subscribe(small, { extra });
  const later = subscription.trial_end + DAY;
  const moved = await stripe.subscriptions.update(subscription.id, { trial_end: later });
  assert.equal(moved.items.data[0].current_period_end, later);
  const begun = await stripe.subscriptions.update(subscription.id, {
    trial_end: 'now',
    expand: ['latest_invoice'],
  });
  assert.equal(begun.status, 'active');
  assert.equal(begun.latest_invoice.amount_paid, 3000);
  await stripe.subscriptions.cancel(subscription.id, { prorate: true, invoice_now: true });
  const { balance } = await stripe.customers.retrieve(subscription.customer);
  assert.ok(balance <= -2990 && balance >= -3000, `${balance}`);

  const behind = await subscribe(small, { card: FAILING_CARD, extra });
  await pass(5 * DAY);
  const { latest_invoice: open } = await stripe.subscriptions.retrieve(behind.subscription.id);
  assert.equal((await stripe.invoices.voidInvoice(open)).status, 'void');
  await assert.rejects(stripe.invoices.pay(open), { code: 'invoice_not_editable' });
  await delivered('invoice.payment_failed', open);
});
