//! `stripe-catch-up` against a Stripe that holds lists.

use std::sync::{Arc, Mutex};

use futures::FutureExt;
use http::Response;
use provisioner_daemon::jobs::{StripeCatchUp, StripeTransport};
use provisioner_daemon::runner::{Handler, Runner};
use serde_json::{Value, json};

use crate::invariants;
use crate::made_up::quick;
use crate::stripe_fake::{Stripe, client, event, outcome, prices, subscription};
use crate::world::World;

pub(crate) const WISH: &str = "select prov.enqueue_stripe_catch_up(); select prov.ring(2)";
const EVENT: &str = "customer.subscription.updated";

/// Stripe's lists, newest first, and what was asked of them.
#[derive(Clone, Default)]
pub(crate) struct Lists(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    events: Vec<Value>,
    subscriptions: Vec<Value>,
    /// Objects of a page.
    page: usize,
    /// Statuses of the next answers instead of the lists.
    refusals: Vec<u16>,
    /// `events`, or `events after evt_1`.
    asked: Vec<String>,
}

impl Lists {
    fn of(events: Vec<Value>, subscriptions: Vec<Value>, page: usize) -> Self {
        Self(Arc::new(Mutex::new(State {
            events,
            subscriptions,
            page,
            ..State::default()
        })))
    }

    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap().asked)
    }

    fn refuse(&self, status: u16) {
        self.0.lock().unwrap().refusals.push(status);
    }

    fn answer(&self, target: &str) -> (u16, Value) {
        let mut state = self.0.lock().unwrap();
        let (path, query) = target.split_once('?').unwrap();
        let name = path.strip_prefix("/v1/").unwrap();
        let after = query
            .split('&')
            .find_map(|pair| pair.strip_prefix("starting_after="));
        let asked = after.map_or_else(|| name.to_owned(), |after| format!("{name} after {after}"));
        state.asked.push(asked);
        if let Some(status) = state.refusals.pop() {
            return (status, json!({"error": {"code": "resource_missing"}}));
        }
        let all = match name {
            "events" => &state.events,
            _ => &state.subscriptions,
        };
        let place = after.map(|after| all.iter().position(|one| one["id"] == after));
        let start = match place {
            Some(None) => return (400, json!({"error": {"code": "resource_missing"}})),
            Some(Some(place)) => place + 1,
            None => 0,
        };
        let end = all.len().min(start + state.page);
        (
            200,
            json!({"data": all[start..end], "has_more": end < all.len()}),
        )
    }

    pub(crate) fn handler(&self) -> StripeCatchUp {
        let lists = self.clone();
        let transport = StripeTransport::new(move |request| {
            let (status, body) = lists.answer(request.uri().path_and_query().unwrap().as_str());
            let answer = Response::builder()
                .status(status)
                .body(body.to_string().into());
            async move { Ok(answer.unwrap()) }.boxed()
        });
        StripeCatchUp::new(client(transport, "http://stripe"), prices())
    }

    /// A daemon that also works on the events.
    fn run(&self, world: &World) -> Runner {
        let handlers: Vec<Arc<dyn Handler>> = vec![
            Arc::new(self.handler()),
            Arc::new(Stripe::with_a_subscription().handler()),
        ];
        Runner::start(world.db.clone(), &world.daemon_url(), handlers, quick()).unwrap()
    }
}

fn listed(id: &str) -> Value {
    json!({"id": id, "object": "event", "type": EVENT, "created": 1_700_000_000, "livemode": false,
        "api_version": null, "data": {"object": subscription("active", "price_hobby")}})
}

/// One event of which no webhook told, and the subscription that it is about.
pub(crate) fn with_a_missed_event() -> Lists {
    let subscription = subscription("active", "price_hobby");
    Lists::of(vec![listed("evt_missed")], vec![subscription], 100)
}

/// Wishes for a pass and awaits its end and that of all that it led to.
async fn pass(world: &World) {
    world.run(WISH).await;
    ended(world).await;
}

async fn ended(world: &World) {
    world.until("not exists (select 1 from prov.jobs)").await;
    let is_over = "select began_at is null and after_id is null and complete_to > now() - interval '10 min' \
        from prov.stripe_catch_up";
    assert!(world.ask::<bool>(is_over).await);
}

const MISSED: &str = "select count(*) from audit_logs where action = 'webhook.missed'";

#[tokio::test]
async fn a_missed_event_is_stored_and_worked_on_and_a_known_one_left_alone() {
    let world = World::new().await;
    let lists = with_a_missed_event();
    lists.0.lock().unwrap().events.push(listed("evt_known"));
    let runner = lists.run(&world);
    event(&world, "evt_known", EVENT, ("subscription", "sub_1")).await;
    outcome(&world, "evt_known").await;
    pass(&world).await;
    assert_eq!(outcome(&world, "evt_missed").await, "synced");
    assert_eq!(world.ask::<i64>(MISSED).await, 1);
    let stored: bool = world
        .ask("select customer_id = 'cus_ann' and payload -> 'data' -> 'object' ->> 'id' = 'sub_1' and deliveries = 1 \
              from webhook_events where id = 'evt_missed'")
        .await;
    assert!(stored);

    pass(&world).await;
    assert_eq!(world.ask::<i64>(MISSED).await, 1);
    runner.drain().await;
    invariants::check_queue(&world).await;
}

#[tokio::test]
async fn a_subscription_that_differs_is_mended_and_one_that_does_not_is_not_written() {
    let world = World::new().await;
    let strange = json!({"id": "sub_2", "customer": "cus_ann", "status": "active",
        "items": {"data": [{"id": "si_2", "price": {"id": "price_of_another"},
            "current_period_start": 1, "current_period_end": 2}]}});
    let mut foreign = subscription("active", "price_hobby");
    (foreign["id"], foreign["customer"]) = ("sub_3".into(), "cus_nobody".into());
    let ours = subscription("past_due", "price_pro");
    let lists = Lists::of(Vec::new(), vec![strange, foreign, ours], 100);
    let runner = lists.run(&world);
    pass(&world).await;
    let row = "select status || ' ' || tier || ' ' || synced_at || ' ' || xmin from subscriptions";
    let first: String = world.ask(row).await;
    assert!(first.starts_with("past_due pro "), "we lacked it: {first}");
    pass(&world).await;
    assert_eq!(world.ask::<String>(row).await, first, "nothing to write");

    world
        .run("update subscriptions set status = 'active'")
        .await;
    pass(&world).await;
    assert!(world.ask::<String>(row).await.starts_with("past_due pro "));
    let mended = "select count(*) from audit_logs where actor_id = 'stripe-catch-up' and actor_type = 'stripe'";
    assert_eq!(world.ask::<i64>(mended).await, 2);

    // what an event's job read later stays
    world
        .run("update subscriptions set status = 'cancelled', synced_at = now() + interval '1 h'")
        .await;
    pass(&world).await;
    assert!(world.ask::<String>(row).await.starts_with("cancelled"));
    runner.drain().await;
}

#[tokio::test]
async fn a_long_pass_goes_on_where_it_was_and_gives_others_their_turn() {
    let world = World::new().await;
    let events = (0..25).map(|number| listed(&format!("evt_{number}")));
    let subscription = subscription("active", "price_hobby");
    let lists = Lists::of(events.collect(), vec![subscription], 1);
    for status in [500, 429] {
        lists.refuse(status);
    }
    let runner = lists.run(&world);
    pass(&world).await;
    assert_eq!(world.ask::<i64>(MISSED).await, 25);
    let mut asked = lists.asked();
    asked.dedup();
    let mut expected: Vec<String> = (0..24)
        .map(|number| format!("events after evt_{number}"))
        .collect();
    expected.insert(0, "events".to_owned());
    expected.push("subscriptions".to_owned());
    assert_eq!(asked, expected, "no page twice");
    runner.drain().await;
}

#[tokio::test]
async fn a_place_that_is_gone_and_a_wish_of_later_begin_anew() {
    let world = World::new().await;
    let lists = with_a_missed_event();
    // a pass rested too long: Stripe keeps events for 30 days
    world
        .run("update prov.stripe_catch_up set began_at = now() + interval '1 h', after_id = 'evt_gone'")
        .await;
    let runner = lists.run(&world);
    pass(&world).await;
    let asked = ["events after evt_gone", "events", "subscriptions"];
    assert_eq!(lists.asked(), asked);
    assert_eq!(world.ask::<i64>(MISSED).await, 1);

    // a pass is past the events when somebody wishes for one
    world
        .run("update prov.stripe_catch_up set began_at = now() - interval '1 min', list = 'subscriptions'")
        .await;
    pass(&world).await;
    assert_eq!(lists.asked(), ["events", "subscriptions"]);

    // the clock's job goes on with it instead
    world
        .run("update prov.stripe_catch_up set began_at = now() - interval '1 min', list = 'subscriptions'; \
              update prov.schedule set next_at = now() where name = 'stripe-catch-up'")
        .await;
    world
        .until("select began_at is null from prov.stripe_catch_up")
        .await;
    ended(&world).await;
    assert_eq!(lists.asked(), ["subscriptions"]);
    runner.drain().await;
}
