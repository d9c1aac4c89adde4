// The customer portal: plain forms, as far as its configuration allows, and the events of each.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { GOOD_CARD, open } from './shop.mjs';
import { problems } from './types.mjs';

let shop;
let stripe;
let catalogue, delivered, post, subscribe;
before(async () => {
  shop = await open();
  ({ stripe, catalogue, delivered, post, subscribe } = shop);
});
after(() => shop?.stop());

const read = async (url) => (await fetch(url)).text();
const visit = (customer, extra = {}) =>
  stripe.billingPortal.sessions.create({
    customer: customer.id,
    return_url: 'http://app.example/billing',
    ...extra,
  });

/** Posts the form of a page whose action ends like this. */
async function submit(page, act, fields = {}) {
  const text = await read(page);
  const action = [...text.matchAll(/<form[^>]* action="([^"]+)"/g)].map((found) => found[1]);
  const wanted = action.find((one) => one.endsWith(act));
  assert.ok(wanted, `${act} is not on the page: ${text}`);
  return post(new URL(wanted, page), fields);
}

test('cancel at the end of the period, with a reason, and take it back', async () => {
  const { customer, subscription } = await subscribe(await catalogue('cancel_monthly'));
  const portal = await visit(customer);
  const page = await read(portal.url);
  assert.match(page, /href="http:\/\/app.example\/billing"/);
  const confirm = new URL(page.match(/href="([^"]+\/cancel)"/)[1], portal.url);
  const answer = await submit(confirm, '/cancel', { feedback: 'too_expensive' });
  assert.equal(answer.status, 303);
  const scheduled = await stripe.subscriptions.retrieve(subscription.id);
  assert.equal(scheduled.cancel_at_period_end, true);
  assert.equal(scheduled.cancellation_details.feedback, 'too_expensive');
  const told = await delivered('customer.subscription.updated', subscription.id);
  assert.equal(told.data.previous_attributes.cancel_at_period_end, false);

  assert.equal((await submit(portal.url, '/resume')).status, 303);
  assert.equal((await stripe.subscriptions.retrieve(subscription.id)).cancel_at_period_end, false);
});

test('a new card is kept, charged from then on, and asked for at the bank', async () => {
  const { customer, subscription } = await subscribe(await catalogue('card_monthly'));
  const portal = await visit(customer);
  const declined = await submit(portal.url, '/card', { card: '4000000000000002' });
  assert.equal(declined.status, 402);
  assert.match(await declined.text(), /declined/);
  const asked = await submit(portal.url, '/card', { card: '4000002500003155' });
  assert.match(await asked.text(), /3-D Secure/);
  const card = '4000002500003155';
  assert.equal((await submit(portal.url, '/card', { card, bank: 'refuse' })).status, 402);
  assert.equal((await submit(portal.url, '/card', { card, bank: 'confirm' })).status, 303);

  const changed = await stripe.customers.retrieve(customer.id);
  const method = changed.invoice_settings.default_payment_method;
  const charged = (await stripe.subscriptions.retrieve(subscription.id)).default_payment_method;
  assert.equal(charged, method);
  assert.equal((await stripe.paymentMethods.retrieve(method)).card.last4, '3155');
  const [intent] = (await stripe.setupIntents.list({ customer: customer.id })).data;
  assert.equal(intent.status, 'succeeded');
  assert.equal(problems({ SetupIntent: intent }), '');
  await delivered('customer.updated', customer.id);
});

test('another plan is prorated and charged at once', async () => {
  const small = await catalogue('small_monthly', 1000);
  const large = await catalogue('large_monthly', 3000);
  const { customer, subscription } = await subscribe(small);
  const portal = await visit(customer);
  const page = await read(portal.url);
  const plans = new URL(page.match(/href="([^"]+\/plan)"/)[1], portal.url);
  assert.match(await read(plans), /large monthly: 30.00 USD/);
  assert.equal((await submit(plans, '/plan', { price: 'price_none' })).status, 404);
  assert.equal((await submit(plans, '/plan', { price: large.id })).status, 303);
  const changed = await stripe.subscriptions.retrieve(subscription.id, { expand: ['latest_invoice'] });
  assert.equal(changed.items.data[0].price.id, large.id);
  const invoice = changed.latest_invoice;
  assert.equal(invoice.status, 'paid');
  assert.equal(invoice.billing_reason, 'subscription_update');
  // Nearly the whole month is left.
  const amounts = invoice.lines.data.map((line) => line.amount);
  assert.ok(amounts[0] <= -990 && amounts[1] >= 2990, `${amounts}`);
  await delivered('invoice.paid', invoice.id);
  assert.match(await read(portal.url), new RegExp(invoice.number));
});

test('a plan that the card cannot pay is not changed', async () => {
  const small = await catalogue('s_monthly', 1000);
  const large = await catalogue('l_monthly', 5000);
  const { customer, subscription } = await subscribe(small);
  const portal = await visit(customer);
  assert.equal((await submit(portal.url, '/card', { card: '4000000000000341' })).status, 303);
  const plans = `${portal.url}/${subscription.id}/plan`;
  const answer = await submit(plans, '/plan', { price: large.id });
  assert.equal(answer.status, 402);
  const kept = await stripe.subscriptions.retrieve(subscription.id);
  assert.equal(kept.items.data[0].price.id, small.id);
  assert.equal(kept.status, 'active');
});

test('the configuration says what is possible', async () => {
  const price = await catalogue('config_monthly');
  const { customer, subscription } = await subscribe(price);
  const features = {
    invoice_history: { enabled: false },
    payment_method_update: { enabled: false },
    subscription_cancel: { enabled: true, mode: 'immediately' },
    subscription_update: { enabled: false },
  };
  const configuration = await stripe.billingPortal.configurations.create({ features, name: 'strict' });
  assert.equal(problems({ 'BillingPortal.Configuration': configuration }), '');
  const portal = await visit(customer, { configuration: configuration.id });
  const page = await read(portal.url);
  for (const act of ['/card"', '/plan"', 'Invoices']) assert.ok(!page.includes(act), act);
  const card = await post(`${portal.url}/card`, { card: GOOD_CARD });
  assert.equal(card.status, 404);
  assert.equal((await post(`${portal.url}/${subscription.id}/plan`, { price: price.id })).status, 404);
  assert.equal((await submit(`${portal.url}/${subscription.id}/cancel`, '/cancel')).status, 303);
  assert.equal((await stripe.subscriptions.retrieve(subscription.id)).status, 'canceled');
  await delivered('customer.subscription.deleted', subscription.id);
  await stripe.billingPortal.configurations.update(configuration.id, { active: false });
  await assert.rejects(visit(customer, { configuration: configuration.id }), { param: 'configuration' });
});

test('a flow leads to one act and back', async () => {
  const { customer, subscription } = await subscribe(await catalogue('flow_monthly'));
  const portal = await visit(customer, {
    flow_data: {
      type: 'subscription_cancel',
      subscription_cancel: { subscription: subscription.id },
      after_completion: { type: 'redirect', redirect: { return_url: 'http://app.example/gone' } },
    },
  });
  assert.equal(problems({ 'BillingPortal.Session': portal }), '');
  const answer = await submit(portal.url, '/cancel');
  assert.equal(answer.headers.get('location'), 'http://app.example/gone');
});

test('a link is good for an hour, and for its customer alone', async () => {
  const price = await catalogue('link_monthly');
  const mine = await subscribe(price);
  const theirs = await subscribe(price);
  const portal = await visit(mine.customer);
  for (const act of ['cancel', 'resume', 'plan']) {
    const answer = await post(`${portal.url}/${theirs.subscription.id}/${act}`, { price: price.id });
    assert.equal(answer.status, 404, act);
  }
  await shop.pass(3600);
  assert.equal((await fetch(portal.url)).status, 404);
});
