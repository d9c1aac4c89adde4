//! What the portal shows.

use axum::response::Html;
use maud::Markup;
use maud::html;
use serde_json::Value;

use super::Visit;
use crate::billing::subscribing;
use crate::pages::PageError;
use crate::pages::card_form;
use crate::pages::layout;
use crate::store::Filter;
use crate::store::Object;
use crate::store::Range;
use crate::work::Work;

const MAX_SHOWN: i64 = 20;

/// The whole page, or only the form that the session was opened for.
pub(super) async fn whole(
    work: &Work<'_>,
    visit: &Visit,
    message: Option<&str>,
) -> Result<Html<String>, PageError> {
    let flow = &visit.session.body["flow"];
    let about = |kind: &str| flow[kind]["subscription"].as_str();
    if let Some(id) = about("subscription_cancel") {
        return Ok(cancel(visit, &visit.subscription(work, id).await?));
    }
    if let Some(id) = about("subscription_update") {
        return plans(work, visit, &visit.subscription(work, id).await?, message).await;
    }
    let is_about_card = flow["type"] == "payment_method_update";
    let filter = Filter::all("subscription").with("customer", Some(visit.customer.id()));
    let subscriptions = work.list(&filter, Range::Newest, MAX_SHOWN).await?;
    let body = html! {
        @if let Some(message) = message { p.alarm role="alert" { (message) } }
        @if !is_about_card {
            @if subscriptions.is_empty() { p { "There is no subscription." } }
            @for subscription in subscriptions {
                (card(work, visit, &Object::new(subscription)).await?)
            }
        }
        @if visit.allows("payment_method_update") { (payment_method(work, visit).await?) }
        @if !is_about_card {
            (details(visit))
            @if visit.allows("invoice_history") { (invoices(work, visit).await?) }
        }
        (way_back(visit))
    };
    Ok(layout::page("Your subscription", &body))
}

/// Asks whether the subscription shall end, and why.
pub(super) fn cancel(visit: &Visit, subscription: &Object) -> Html<String> {
    let settings = &visit.configuration.body["features"]["subscription_cancel"];
    let is_now = settings["mode"] == "immediately";
    let end = layout::day(subscribing::period_end(subscription));
    let reasons = reasons(visit);
    let body = html! {
        @if is_now {
            p { "The subscription ends at once." }
        } @else {
            p { "The subscription stays as it is until " strong { (end) } " and ends then." }
        }
        form method="post" action=(path(visit, subscription, "cancel")) {
            @if !reasons.is_empty() {
                label for="feedback" { "Why do you leave?" }
                select #feedback name="feedback" {
                    option value="" { "I would rather not say" }
                    @for reason in reasons { option value=(reason) { (reason.replace('_', " ")) } }
                }
            }
            button type="submit" {
                @if is_now { "Cancel now" } @else { "Cancel at the end of the period" }
            }
        }
        p { a href={ "/p/session/" (visit.secret) } { "Back" } }
    };
    layout::page("Cancel the subscription", &body)
}

/// Shows the plans that can be changed over to.
pub(super) async fn plans(
    work: &Work<'_>,
    visit: &Visit,
    subscription: &Object,
    message: Option<&str>,
) -> Result<Html<String>, PageError> {
    let offered = offered(work, visit, subscription).await?;
    let settings = &visit.configuration.body["features"]["subscription_update"];
    let bill = match settings["proration_behavior"].as_str() {
        Some("always_invoice") => "The difference for the rest of the period is charged at once.",
        Some("create_prorations") => "The difference is put on the next invoice.",
        _ => "The new price counts from the next invoice on.",
    };
    let mut plans = Vec::new();
    for price in &offered {
        plans.push((price.id().to_owned(), describe(work, &price.body).await?));
    }
    let body = html! {
        @if let Some(message) = message { p.alarm role="alert" { (message) } }
        @if plans.is_empty() {
            p { "There is no other plan." }
        } @else {
            form method="post" action=(path(visit, subscription, "plan")) {
                @for (id, description) in &plans {
                    label.choice { input type="radio" name="price" value=(id) required; " " (description) }
                }
                p.soft { (bill) }
                button type="submit" { "Change plan" }
            }
        }
        p { a href={ "/p/session/" (visit.secret) } { "Back" } }
    };
    Ok(layout::page("Change plan", &body))
}

/// The prices that the configuration offers, without the present one. A configuration that names none offers every
/// active recurring price that has a name of ours.
pub(super) async fn offered(
    work: &Work<'_>,
    visit: &Visit,
    subscription: &Object,
) -> Result<Vec<Object>, PageError> {
    let settings = &visit.configuration.body["features"]["subscription_update"];
    let is_allowed = |word: &Value| word == "price";
    let allowed = settings["default_allowed_updates"].as_array();
    if !allowed.is_some_and(|allowed| allowed.iter().any(is_allowed)) {
        return Ok(Vec::new());
    }
    let products = settings["products"].as_array();
    let named: Vec<&Value> = products
        .into_iter()
        .flatten()
        .flat_map(|product| product["prices"].as_array().into_iter().flatten())
        .collect();
    let present = &subscription.body["items"]["data"][0]["price"]["id"];
    let like = serde_json::json!({
        "active": true,
        "currency": subscription.body["currency"],
        "type": "recurring",
    });
    let all = work.find_all("price", &like).await?;
    let is_offered = |price: &Object| {
        let is_named = if named.is_empty() {
            !price.body["lookup_key"].is_null()
        } else {
            named.contains(&&price.body["id"])
        };
        is_named && price.body["id"] != *present
    };
    Ok(all.into_iter().filter(is_offered).collect())
}

/// The reasons that a customer may choose from.
pub(super) fn reasons(visit: &Visit) -> Vec<&str> {
    let reason =
        &visit.configuration.body["features"]["subscription_cancel"]["cancellation_reason"];
    if reason["enabled"] != true {
        return Vec::new();
    }
    let options = reason["options"].as_array();
    options
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}

/// Whether a customer may change this about themselves.
pub(super) fn may_change(visit: &Visit, field: &str) -> bool {
    let allowed = &visit.configuration.body["features"]["customer_update"]["allowed_updates"];
    let allowed = allowed.as_array().into_iter().flatten();
    visit.allows("customer_update") && allowed.into_iter().any(|one| one == field)
}

/// The address of an act on a subscription.
fn path(visit: &Visit, subscription: &Object, act: &str) -> String {
    format!("/p/session/{}/{}/{act}", visit.secret, subscription.id())
}

async fn describe(work: &Work<'_>, price: &Value) -> Result<String, PageError> {
    let product = work
        .peek(price["product"].as_str().unwrap_or_default())
        .await?;
    let name = product.as_ref().map_or("", |product| product.text("name"));
    let nickname = price["nickname"].as_str().or(price["lookup_key"].as_str());
    let money = layout::money(
        price["unit_amount"].as_i64().unwrap_or_default(),
        price["currency"].as_str().unwrap_or_default(),
    );
    let nickname = nickname.unwrap_or_default().replace('_', " ");
    Ok(format!(
        "{name} {nickname}: {money} {}",
        layout::every(price)
    ))
}

async fn card(work: &Work<'_>, visit: &Visit, subscription: &Object) -> Result<Markup, PageError> {
    let price = &subscription.body["items"]["data"][0]["price"];
    let product = work
        .peek(price["product"].as_str().unwrap_or_default())
        .await?;
    let amount = price["unit_amount"].as_i64().unwrap_or_default();
    let end = layout::day(subscribing::period_end(subscription));
    let ends = subscription.is("cancel_at_period_end");
    let cancels = visit.allows("subscription_cancel");
    Ok(html! {
        h2 { (product.as_ref().map_or("", |product| product.text("name"))) }
        p.amount { (layout::money(amount, subscription.text("currency"))) }
        p.soft { (layout::every(price)) ", " (subscription.text("status").replace('_', " ")) }
        @if subscribing::has_ended(subscription) {
            p { "It has ended." }
        } @else {
            p { @if ends { "It ends on " } @else { "It is renewed on " } strong { (end) } "." }
            @if ends && cancels {
                form method="post" action=(path(visit, subscription, "resume")) {
                    button type="submit" { "Keep the subscription" }
                }
            }
            @if visit.allows("subscription_update") {
                p { a.button href=(path(visit, subscription, "plan")) { "Change plan" } }
            }
            @if !ends && cancels {
                p { a.button href=(path(visit, subscription, "cancel")) { "Cancel the subscription" } }
            }
        }
    })
}

async fn payment_method(work: &Work<'_>, visit: &Visit) -> Result<Markup, PageError> {
    let id = visit.customer.body["invoice_settings"]["default_payment_method"].as_str();
    let filter = Filter::all("payment_method").with("customer", Some(visit.customer.id()));
    let newest = work.list(&filter, Range::Newest, 1).await?.pop();
    let method = match id {
        Some(id) => work.peek(id).await?.map(|method| method.body),
        None => newest,
    };
    Ok(html! {
        h2 { "Payment method" }
        @if let Some(method) = &method {
            @let kind = method["type"].as_str().unwrap_or("card");
            p {
                (method["card"]["brand"].as_str().unwrap_or("bank account"))
                " •••• " (method[kind]["last4"].as_str().unwrap_or_default())
            }
        } @else {
            p { "There is none." }
        }
        form method="post" action={ "/p/session/" (visit.secret) "/card" } {
            (card_form::field())
            button.quiet type="submit" { "Replace the card" }
        }
    })
}

fn details(visit: &Visit) -> Markup {
    let fields = [("email", "E-mail"), ("name", "Name")];
    let fields: Vec<_> = fields
        .iter()
        .filter(|(field, _)| may_change(visit, field))
        .collect();
    html! {
        @if !fields.is_empty() {
            h2 { "On your invoices" }
            form method="post" action={ "/p/session/" (visit.secret) "/details" } {
                @for (field, label) in fields {
                    label for=(field) { (label) }
                    input id=(field) name=(field) maxlength="256" value=(visit.customer.text(field));
                }
                button.quiet type="submit" { "Save" }
            }
        }
    }
}

async fn invoices(work: &Work<'_>, visit: &Visit) -> Result<Markup, PageError> {
    let filter = Filter::all("invoice").with("customer", Some(visit.customer.id()));
    let invoices = work.list(&filter, Range::Newest, MAX_SHOWN).await?;
    Ok(html! {
        @if !invoices.is_empty() {
            h2 { "Invoices" }
            @for invoice in &invoices { (invoice_line(invoice)) }
        }
    })
}

fn invoice_line(invoice: &Value) -> Markup {
    let text = |field: &str| invoice[field].as_str().unwrap_or_default();
    let number = |field: &str| invoice[field].as_i64().unwrap_or_default();
    html! {
        p {
            a href=(text("hosted_invoice_url")) { (text("number")) }
            " " (layout::day(number("created")))
            ", " (layout::money(number("total"), text("currency"))) ", " (text("status"))
        }
    }
}

fn way_back(visit: &Visit) -> Markup {
    html! {
        @if let Some(url) = visit.session.body["return_url"].as_str() {
            p { a href=(url) { "Go back" } }
        }
    }
}
