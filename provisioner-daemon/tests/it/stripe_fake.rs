//! A Stripe that holds objects, and answers with errors where a test says so.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use domain::StripePrices;
use futures::FutureExt;
use http::{Request, Response};
use provisioner_daemon::jobs::{StripeEvent, StripeTransport};
use provisioner_daemon::runner::Runner;
use serde_json::{Value, json};
use stripe::{Client, SecretKey};

use crate::world::World;

/// Where the subscription of [`subscription`] is.
pub(crate) const SUBSCRIPTION: &str = "/v1/subscriptions/sub_1";

/// An answer that is no object.
#[derive(Clone)]
pub(crate) enum Refusal {
    Status(u16),
    /// 429 with the seconds of its `Retry-After`.
    Later(u64),
}

/// Objects by path, behind refusals that are given out once each.
#[derive(Clone, Default)]
pub(crate) struct Stripe(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    objects: HashMap<String, Value>,
    refusals: HashMap<String, Vec<Refusal>>,
    requests: u32,
}

impl Stripe {
    pub(crate) fn with_a_subscription() -> Self {
        let stripe = Self::default();
        stripe.put(SUBSCRIPTION, subscription("active", "price_hobby"));
        stripe
    }

    pub(crate) fn put(&self, path: &str, object: Value) {
        let mut state = self.0.lock().unwrap();
        state.objects.insert(path.to_owned(), object);
    }

    /// The next answer for a path; several come in the order that they were given in.
    pub(crate) fn refuse(&self, path: &str, refusal: Refusal) {
        let mut state = self.0.lock().unwrap();
        let refusals = state.refusals.entry(path.to_owned()).or_default();
        refusals.insert(0, refusal);
    }

    pub(crate) fn requests(&self) -> u32 {
        self.0.lock().unwrap().requests
    }

    fn answer(&self, request: &Request<Bytes>) -> Response<Bytes> {
        let mut state = self.0.lock().unwrap();
        state.requests += 1;
        let path = request.uri().path();
        let answer = Response::builder();
        if let Some(refusal) = state.refusals.get_mut(path).and_then(Vec::pop) {
            let answer = match refusal {
                Refusal::Status(status) => answer.status(status),
                Refusal::Later(seconds) => answer.status(429).header("retry-after", seconds),
            };
            return answer.body(Bytes::from_static(b"{}")).unwrap();
        }
        let missing =
            json!({"error": {"type": "invalid_request_error", "code": "resource_missing"}});
        match state.objects.get(path) {
            Some(object) => answer.body(object.to_string().into()),
            None => answer.status(404).body(missing.to_string().into()),
        }
        .unwrap()
    }

    /// The handler of `stripe-event` that reads from it.
    pub(crate) fn handler(&self) -> StripeEvent {
        let stripe = self.clone();
        handler_over(
            StripeTransport::new(move |request| {
                let answer = stripe.answer(&request);
                async move { Ok(answer) }.boxed()
            }),
            "http://stripe",
        )
    }

    pub(crate) fn run(&self, world: &World) -> Runner {
        crate::made_up::start(world, self.handler(), crate::made_up::quick())
    }
}

/// The handler of `stripe-event` over any transport.
pub(crate) fn handler_over(transport: StripeTransport, url: &str) -> StripeEvent {
    StripeEvent::new(client(transport, url), prices())
}

pub(crate) fn client(transport: StripeTransport, url: &str) -> Client<StripeTransport> {
    let key = SecretKey::new("sk_test_1").unwrap();
    Client::new(transport, url, key).unwrap()
}

pub(crate) fn prices() -> StripePrices {
    let prices = "hobby_monthly=price_hobby,pro_yearly=price_pro";
    prices.parse().unwrap()
}

/// The subscription of the customer `cus_ann`.
pub(crate) fn subscription(status: &str, price: &str) -> Value {
    json!({"id": "sub_1", "object": "subscription", "customer": "cus_ann", "status": status, "created": 1,
        "trial_end": 1_800_000_000, "cancel_at_period_end": false, "metadata": {},
        "items": {"object": "list", "has_more": false, "data": [{"id": "si_1", "quantity": 1,
            "current_period_start": 1_700_000_000, "current_period_end": 1_702_000_000,
            "price": {"id": price, "currency": "usd", "unit_amount": 2000}}]}})
}

/// Stores an event of that customer with its job, as the webhook's function does.
pub(crate) async fn event(world: &World, id: &str, kind: &str, (object, object_id): (&str, &str)) {
    world
        .run(&format!(
            "insert into webhook_events (id, type, object_type, object_id, customer_id, livemode, payload, created_at) \
             values ('{id}', '{kind}', '{object}', '{object_id}', 'cus_ann', false, '{{}}', now()); \
             select prov.enqueue_stripe_event('{id}'); select prov.ring(0)",
        ))
        .await;
}

/// What an event led to, once that is known; ` open` when it is parked.
pub(crate) async fn outcome(world: &World, id: &str) -> String {
    world
        .until(&format!(
            "select outcome is not null from webhook_events where id = '{id}'"
        ))
        .await;
    let query = "select outcome || case when processed_at is null then ' open' else '' end \
        from webhook_events where id = $1";
    let row = world.sql.query_one(query, &[&id]).await.unwrap();
    row.get(0)
}
