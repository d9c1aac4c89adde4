// Cards that pay, refuse or ask; refunds; promotion codes; and the objects behind an invoice.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { DAY, GOOD_CARD, open } from './shop.mjs';
import { problems } from './types.mjs';

let shop;
let stripe;
let catalogue, delivered, order, pay, post, subscribe;
before(async () => {
  shop = await open();
  ({ stripe, catalogue, delivered, order, pay, post, subscribe } = shop);
});
after(() => shop?.stop());

test('declined cards say why, and the session stays open', async () => {
  const customer = await stripe.customers.create({});
  const session = await stripe.checkout.sessions.create(order(customer, await catalogue('decline')));
  const cards = {
    4000000000000002: ['card_declined', 'generic_decline', /was declined/],
    4000000000009995: ['card_declined', 'insufficient_funds', /insufficient funds/],
    '4000000000000069': ['expired_card', 'expired_card', /expired/],
    '4000000000000127': ['incorrect_cvc', 'incorrect_cvc', /security code/],
  };
  for (const [card, [code, declineCode, sentence]] of Object.entries(cards)) {
    const answer = await pay(session, { card });
    assert.equal(answer.status, 402, card);
    assert.match((await answer.text()).replaceAll('&#39;', "'"), sentence);
    const [intent] = (await stripe.paymentIntents.list({ customer: customer.id })).data;
    assert.equal(intent.last_payment_error.code, code);
    assert.equal(intent.last_payment_error.decline_code, declineCode);
    const charge = await stripe.charges.retrieve(intent.latest_charge);
    assert.equal(charge.status, 'failed');
    assert.equal(problems({ PaymentIntent: intent, Charge: charge }), '');
  }
  assert.equal((await stripe.checkout.sessions.retrieve(session.id)).status, 'open');
  assert.equal((await stripe.subscriptions.list({ customer: customer.id })).data.length, 0);
  assert.equal((await pay(session, { card: GOOD_CARD })).status, 303);
});

test('the bank asks, and what it is told counts', async () => {
  const customer = await stripe.customers.create({});
  const price = await catalogue('bank');
  const session = await stripe.checkout.sessions.create(order(customer, price));
  const card = '4000008260003178';
  assert.match(await (await pay(session, { card })).text(), /3-D Secure/);
  const refused = await pay(session, { card, bank: 'refuse' });
  assert.match(await refused.text(), /unable to authenticate/);
  const poor = await pay(session, { card, bank: 'confirm' });
  assert.equal(poor.status, 402);
  assert.match(await poor.text(), /insufficient funds/);
});

test('money of a bank account comes later, or not', async () => {
  const price = await catalogue('bank_account');
  for (const [account, status, end] of [
    ['000123456789', 'paid', 'succeeded'],
    ['000111111116', 'unpaid', 'failed'],
  ]) {
    const { session, subscription } = await subscribe(price, { card: account });
    const waiting = await stripe.checkout.sessions.retrieve(session.id);
    assert.equal(waiting.payment_status, 'unpaid');
    const completed = await delivered('checkout.session.completed', session.id);
    assert.equal(completed.data.object.payment_status, 'unpaid');
    const invoice = await stripe.invoices.retrieve(subscription.latest_invoice, {
      expand: ['payments.data.payment.payment_intent'],
    });
    assert.equal(invoice.status, 'open');
    assert.equal(invoice.payments.data[0].payment.payment_intent.status, 'processing');
    await shop.pass(3 * DAY);
    await delivered(`checkout.session.async_payment_${end}`, session.id);
    assert.equal((await stripe.checkout.sessions.retrieve(session.id)).payment_status, status);
    const behind = await stripe.subscriptions.retrieve(subscription.id);
    assert.equal(behind.status, end === 'failed' ? 'past_due' : 'active');
  }
});

test('an invoice leads to its payment, and its money goes back', async () => {
  const { customer, subscription } = await subscribe(await catalogue('refund', 2000));
  const [payment] = (await stripe.invoicePayments.list({ invoice: subscription.latest_invoice })).data;
  const intent = await stripe.paymentIntents.retrieve(payment.payment.payment_intent, {
    expand: ['latest_charge'],
  });
  assert.equal(intent.amount_received, 2000);
  assert.equal(intent.latest_charge.paid, true);
  const part = await stripe.refunds.create({
    payment_intent: intent.id,
    amount: 500,
    reason: 'requested_by_customer',
    metadata: { ticket: '7' },
  });
  assert.equal(part.status, 'succeeded');
  const told = await delivered('charge.refunded', intent.latest_charge.id);
  assert.equal(told.data.object.amount_refunded, 500);
  assert.equal(told.data.object.refunded, false);
  assert.equal(told.data.previous_attributes.amount_refunded, 0);
  await assert.rejects(stripe.refunds.create({ payment_intent: intent.id, amount: 1501 }), { param: 'amount' });
  const rest = await stripe.refunds.create({ charge: intent.latest_charge.id });
  assert.equal(rest.amount, 1500);
  const charge = await stripe.charges.retrieve(intent.latest_charge.id, { expand: ['refunds'] });
  assert.equal(charge.refunded, true);
  assert.equal(charge.refunds.data.length, 2);
  await assert.rejects(stripe.refunds.create({ charge: charge.id }), { code: 'charge_already_refunded' });
  assert.equal((await stripe.refunds.list({ charge: charge.id })).data.length, 2);
  assert.equal((await stripe.charges.list({ customer: customer.id })).data.length, 1);
  assert.equal(problems({ Refund: rest, InvoicePayment: payment, PaymentIntent: intent }), '');
});

test('a promotion code takes off what its coupon says', async () => {
  const price = await catalogue('promo', 2000);
  const coupon = await stripe.coupons.create({ percent_off: 25, duration: 'once' });
  const code = await stripe.promotionCodes.create({
    promotion: { type: 'coupon', coupon: coupon.id },
    code: 'AUTUMN',
  });
  const customer = await stripe.customers.create({});
  const session = await stripe.checkout.sessions.create(
    order(customer, price, { allow_promotion_codes: true }),
  );
  const typed = (promotion_code) => post(`${session.url}/promotion`, { promotion_code });
  assert.equal((await typed('SPRING')).status, 402);
  assert.equal((await typed('AUTUMN')).status, 303);
  assert.equal((await stripe.checkout.sessions.retrieve(session.id)).amount_total, 1500);
  assert.equal((await pay(session, { card: GOOD_CARD })).status, 303);
  const { subscription: id } = await stripe.checkout.sessions.retrieve(session.id);
  const subscription = await stripe.subscriptions.retrieve(id, { expand: ['discounts', 'latest_invoice'] });
  assert.equal(subscription.discounts[0].promotion_code, code.id);
  assert.equal(subscription.latest_invoice.amount_paid, 1500);
  assert.equal(problems({ Coupon: coupon, PromotionCode: code, Discount: subscription.discounts[0] }), '');
  await shop.pass(32 * DAY);
  const [renewal] = (await stripe.invoices.list({ subscription: id })).data;
  assert.equal(renewal.amount_paid, 2000, 'once is once');
});
