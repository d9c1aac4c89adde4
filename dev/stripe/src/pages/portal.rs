//! `/p/session/{secret}`: where a customer looks after a subscription.

use axum::extract::Path;
use axum::extract::State;
use axum::response::Html;
use axum::response::IntoResponse;
use axum::response::Redirect;
use axum::response::Response;
use maud::Markup;
use maud::html;
use serde_json::Value;
use serde_json::json;

use super::PageError;
use super::is_secret;
use super::layout;
use crate::billing::subscribing;
use crate::server::App;
use crate::store::Filter;
use crate::store::Object;
use crate::store::Range;
use crate::work::Cause;
use crate::work::Work;

/// How long a link is good: it is made for one click.
const LIFE_SECONDS: i64 = 60 * 60;
const MAX_SHOWN: i64 = 20;
const MISSING: &str = "This link is no longer good. Please go back and open the page again.";

pub(super) async fn show(
    State(app): State<App>,
    Path(secret): Path<String>,
) -> Result<Html<String>, PageError> {
    let mut client = app.connection().await?;
    let work = Work::begin(&mut client, &app.settings, Cause::default()).await?;
    let session = find(&work, &secret).await?;
    let customer = session.text("customer");
    let filter = Filter::all("subscription").with("customer", Some(customer));
    let subscriptions = work.list(&filter, Range::Newest, MAX_SHOWN).await?;
    let filter = Filter::all("invoice").with("customer", Some(customer));
    let invoices = work.list(&filter, Range::Newest, MAX_SHOWN).await?;
    let body = html! {
        @if subscriptions.is_empty() { p { "There is no subscription." } }
        @for subscription in subscriptions {
            (card(&work, &secret, &Object::new(subscription)).await?)
        }
        @if !invoices.is_empty() {
            h2 { "Invoices" }
            @for invoice in &invoices { (invoice_line(invoice)) }
        }
        @if let Some(url) = session.body["return_url"].as_str() {
            p { a href=(url) { "Go back" } }
        }
    };
    Ok(layout::page("Your subscription", &body))
}

/// Lets a subscription end with its period (`cancel`), or takes that back (`resume`).
pub(super) async fn act(
    State(app): State<App>,
    Path((secret, id, action)): Path<(String, String, String)>,
) -> Result<Response, PageError> {
    let mut client = app.connection().await?;
    let work = Work::begin(&mut client, &app.settings, Cause::default()).await?;
    let session = find(&work, &secret).await?;
    let cancel = match action.as_str() {
        "cancel" => true,
        "resume" => false,
        _ => return Err(PageError::Missing("There is no such action.")),
    };
    let found = work.find("subscription", &id).await?;
    let mut subscription = found
        .filter(|found| found.text("customer") == session.text("customer"))
        .filter(|found| !subscribing::has_ended(found))
        .ok_or(PageError::Missing("There is no such subscription."))?;
    let before = subscription.body.clone();
    subscribing::set_cancel_at_period_end(&work, &mut subscription, cancel);
    work.save(&subscription).await?;
    work.emit_change("customer.subscription.updated", &before, &subscription)
        .await?;
    work.commit().await?;
    app.outbox.notify_one();
    Ok(Redirect::to(&format!("/p/session/{secret}")).into_response())
}

async fn find(work: &Work<'_>, secret: &str) -> Result<Object, PageError> {
    if !is_secret(secret) {
        return Err(PageError::Missing(MISSING));
    }
    let url = format!("{}/p/session/{secret}", work.settings().public_url);
    let found = work
        .find_like("billing_portal.session", &json!({ "url": url }))
        .await?;
    let is_fresh = |session: &Object| {
        session.body["created"]
            .as_i64()
            .is_some_and(|at| at + LIFE_SECONDS > work.now())
    };
    found.filter(is_fresh).ok_or(PageError::Missing(MISSING))
}

async fn card(work: &Work<'_>, secret: &str, subscription: &Object) -> Result<Markup, PageError> {
    let price = &subscription.body["items"]["data"][0]["price"];
    let product = price["product"].as_str().unwrap_or_default();
    let product = work.find("product", product).await?;
    let amount = price["unit_amount"].as_i64().unwrap_or_default();
    let money = layout::money(amount, subscription.text("currency"));
    let interval = price["recurring"]["interval"].as_str().unwrap_or_default();
    let end = layout::day(subscribing::period_end(subscription));
    let ends = subscription.body["cancel_at_period_end"].as_bool() == Some(true);
    let action = if ends { "resume" } else { "cancel" };
    Ok(html! {
        h2 { (product.as_ref().map_or("", |product| product.text("name"))) }
        p.amount { (money) }
        p.soft { "every " (interval) ", " (subscription.text("status").replace('_', " ")) }
        @if subscribing::has_ended(subscription) {
            p { "It has ended." }
        } @else {
            p { @if ends { "It ends on " } @else { "It is renewed on " } strong { (end) } "." }
            form method="post"
                action={ "/p/session/" (secret) "/" (subscription.id()) "/" (action) } {
                button.quiet[!ends] type="submit" {
                    @if ends { "Keep the subscription" } @else { "Cancel at the end of the period" }
                }
            }
        }
    })
}

fn invoice_line(invoice: &Value) -> Markup {
    let text = |field: &str| invoice[field].as_str().unwrap_or_default();
    let amount = layout::money(
        invoice["total"].as_i64().unwrap_or_default(),
        text("currency"),
    );
    html! {
        p {
            a href=(text("hosted_invoice_url")) { (text("number")) }
            " " (layout::day(invoice["created"].as_i64().unwrap_or_default()))
            ", " (amount) ", " (text("status"))
        }
    }
}
