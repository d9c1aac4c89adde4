//! What Stripe holds of a customer beside what our rows say.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde_json::{Value, json};

use super::scene::{Price, Scene};

/// Rows by their id at Stripe.
type Rows = BTreeMap<String, Value>;

/// Rows by their customer.
type Holdings = BTreeMap<String, Rows>;

/// Everything that Stripe holds, and our rows of it.
pub(super) struct Truth {
    kinds: Vec<(&'static str, Holdings, &'static str)>,
}

impl Truth {
    pub(super) async fn read(scene: &Scene) -> Self {
        let prices = &scene.prices;
        let subscriptions = read(scene, "subscriptions?status=all", |one| {
            subscription(one, prices)
        });
        let sessions = read(scene, "checkout/sessions?", |one| one["status"].clone());
        Self {
            kinds: vec![
                ("subscriptions", subscriptions.await, SUBSCRIPTIONS),
                (
                    "invoices",
                    read(scene, "invoices?", invoice).await,
                    PAYMENTS,
                ),
                ("sessions", sessions.await, SESSIONS),
            ],
        }
    }

    /// What differs for a customer, as text; empty when nothing does.
    pub(super) async fn differences(&self, scene: &Scene, customer: &str) -> String {
        let mut text = String::new();
        for (what, holdings, ours) in &self.kinds {
            let held = holdings.get(customer).cloned().unwrap_or_default();
            let row = scene.sql.query_one(*ours, &[&customer]).await.unwrap();
            let ours: Rows = serde_json::from_value(row.get(0)).unwrap();
            if held != ours {
                writeln!(text, "{what} at Stripe {held:#?}\nour {what} {ours:#?}").unwrap();
            }
        }
        text
    }
}

/// All objects of a list, page by page, as our rows should have them.
async fn read(scene: &Scene, path: &str, row: impl Fn(&Value) -> Value) -> Holdings {
    let mut all = Holdings::new();
    let mut after = String::new();
    loop {
        let page = scene
            .stripe
            .get(&format!("/v1/{path}&limit=100{after}"))
            .await;
        let objects = page["data"].as_array().unwrap();
        for object in objects {
            let text = |field: &str| object[field].as_str().unwrap().to_owned();
            let rows = all.entry(text("customer")).or_default();
            rows.insert(text("id"), row(object));
        }
        if page["has_more"] == false {
            return all;
        }
        let last = objects.last().unwrap()["id"].as_str().unwrap();
        after = format!("&starting_after={last}");
    }
}

const SUBSCRIPTIONS: &str = "select coalesce(jsonb_object_agg(s.stripe_subscription_id, jsonb_build_object(
      'status', s.status, 'tier', s.tier, 'cycle', s.billing_cycle, 'price', s.stripe_price_id,
      'trial_end', extract(epoch from s.trial_ends_at)::bigint,
      'start', extract(epoch from s.current_period_start)::bigint,
      'end', extract(epoch from s.current_period_end)::bigint,
      'ends', s.cancel_at_period_end, 'cancelled', extract(epoch from s.cancelled_at)::bigint)), '{}')
    from subscriptions s join accounts a on a.id = s.account_id where a.stripe_customer_id = $1";
const PAYMENTS: &str = "select coalesce(jsonb_object_agg(p.stripe_invoice_id, jsonb_build_object(
      'status', p.status, 'due', p.amount_due, 'paid', p.amount_paid, 'currency', p.currency, 'number', p.number,
      'subscription', p.stripe_subscription_id, 'page', p.hosted_invoice_url,
      'created', extract(epoch from p.created_at)::bigint)), '{}')
    from payments p join accounts a on a.id = p.account_id where a.stripe_customer_id = $1";
const SESSIONS: &str = "select coalesce(jsonb_object_agg(c.stripe_session_id, c.status), '{}')
    from checkout_sessions c join accounts a on a.id = c.account_id where a.stripe_customer_id = $1";

fn subscription(object: &Value, prices: &[Price]) -> Value {
    let item = &object["items"]["data"][0];
    let price = prices
        .iter()
        .find(|price| item["price"]["id"] == price.id.as_str());
    let price = price.unwrap();
    let status = match object["status"].as_str() {
        Some("canceled") => "cancelled",
        other => other.unwrap(),
    };
    json!({
        "status": status, "tier": price.tier, "cycle": price.cycle, "price": price.id,
        "trial_end": object["trial_end"], "start": item["current_period_start"],
        "end": item["current_period_end"], "ends": object["cancel_at_period_end"],
        "cancelled": object["canceled_at"],
    })
}

fn invoice(object: &Value) -> Value {
    json!({
        "status": object["status"], "due": object["amount_due"], "paid": object["amount_paid"],
        "currency": object["currency"], "number": object["number"],
        "subscription": object["parent"]["subscription_details"]["subscription"],
        "page": object["hosted_invoice_url"], "created": object["created"],
    })
}
