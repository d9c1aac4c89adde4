// A shop on the stand-in: what the scripts of this folder share.

import assert from 'node:assert/strict';

import { WEBHOOK_SECRET, eventually, start } from './stand-in.mjs';

export const DAY = 86_400;
export const GOOD_CARD = '4242424242424242';
/** It can be kept, and every charge fails. */
export const FAILING_CARD = '4000000000000341';

export async function open() {
  const standIn = await start();
  const { stripe } = standIn;
  return { ...standIn, ...selling(stripe), ...watching(standIn), ...controlling(standIn) };
}

/** What a customer buys and how. */
function selling(stripe) {
  const post = (url, fields) =>
    fetch(url, { method: 'POST', body: new URLSearchParams(fields), redirect: 'manual' });

  async function catalogue(key, amount = 2000, interval = 'month') {
    const product = await stripe.products.create({ name: `Plan ${key}` });
    return stripe.prices.create({
      product: product.id,
      unit_amount: amount,
      currency: 'usd',
      recurring: { interval },
      lookup_key: key,
    });
  }

  const order = (customer, price, extra = {}) => ({
    mode: 'subscription',
    customer: customer.id,
    client_reference_id: 'account-1',
    line_items: [{ price: price.id, quantity: 1 }],
    success_url: 'http://app.example/return?session={CHECKOUT_SESSION_ID}',
    cancel_url: 'http://app.example/plans',
    ...extra,
  });

  const pay = (session, fields) => post(`${session.url}/pay`, fields);

  /** A new customer with a paid subscription, through the payment page. */
  async function subscribe(price, { card = GOOD_CARD, extra = {}, customer } = {}) {
    const who = customer ?? (await stripe.customers.create({ email: 'a@example.org' }));
    const session = await stripe.checkout.sessions.create(order(who, price, extra));
    assert.equal((await pay(session, { card })).status, 303);
    const { subscription } = await stripe.checkout.sessions.retrieve(session.id);
    return { customer: who, session, subscription: await stripe.subscriptions.retrieve(subscription) };
  }

  return { post, catalogue, order, pay, subscribe };
}

/** What an endpoint sees. */
function watching({ stripe, deliveries }) {
  const events = () =>
    deliveries.map(({ body, signature }) =>
      stripe.webhooks.constructEvent(body, signature, WEBHOOK_SECRET),
    );
  const kinds = async (object) => {
    const all = await stripe.events.list({ limit: 100 });
    const about = all.data.filter(({ data }) => data.object.id === object || !object);
    return about.map(({ type }) => type).reverse();
  };
  /** The delivery of a type for an object, checked as an endpoint checks it. */
  const delivered = (type, id) =>
    eventually(() =>
      events().find((event) => event.type === type && (event.data.object.id === id || !id)),
    );
  return { events, kinds, delivered };
}

/** What nobody can do to Stripe. */
function controlling({ stripe, origin, secretKey }) {
  async function control(path, body) {
    const answer = await fetch(`${origin}/_control/${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${secretKey}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const text = await answer.text();
    assert.equal(answer.status, 200, `${path}: ${text}`);
    return JSON.parse(text);
  }
  const pass = (seconds) => control('clock', { seconds });
  /** A test clock for a customer, and how it moves. */
  async function clockOf(customer) {
    const now = Math.floor(Date.now() / 1000);
    const clock = await stripe.testHelpers.testClocks.create({ frozen_time: now, customer: customer.id });
    const until = async (frozen_time) => {
      await stripe.testHelpers.testClocks.advance(clock.id, { frozen_time });
      await eventually(async () => {
        const { status } = await stripe.testHelpers.testClocks.retrieve(clock.id);
        return status === 'ready';
      });
    };
    return { clock, now, until };
  }
  return { control, pass, clockOf };
}
