//! `/c/pay/{session}`: where a customer pays.

use axum::Form;
use axum::extract::Path;
use axum::extract::State;
use axum::response::IntoResponse;
use axum::response::Redirect;
use axum::response::Response;
use http::StatusCode;
use maud::Markup;
use maud::html;
use serde::Deserialize;

use super::PageError;
use super::layout;
use crate::billing::cards;
use crate::billing::cards::Card;
use crate::billing::cards::Verdict;
use crate::billing::checkout;
use crate::billing::checkout::Payer;
use crate::billing::subscribing::Line;
use crate::server::App;
use crate::store::Object;
use crate::work::Cause;
use crate::work::Work;

const MISSING: &str = "There is no such payment page. Please go back and start again.";

#[derive(Deserialize)]
pub(super) struct Payment {
    #[serde(default)]
    card: String,
    #[serde(default)]
    email: String,
    /// What the customer said on the bank's page: `confirm` or `refuse`.
    bank: Option<String>,
}

/// What becomes of a payment.
enum Decision {
    Pay(Option<Card>),
    AskBank,
    Refuse(&'static str),
}

pub(super) async fn show(
    State(app): State<App>,
    Path(id): Path<String>,
) -> Result<Response, PageError> {
    let mut client = app.connection().await?;
    let work = Work::begin(&mut client, &app.settings, Cause::default()).await?;
    let session = find(&work, &id).await?;
    if session.text("status") != "open" {
        return Ok(closed(&session).into_response());
    }
    Ok(form(&work, &session, None).await?.into_response())
}

pub(super) async fn pay(
    State(app): State<App>,
    Path(id): Path<String>,
    Form(payment): Form<Payment>,
) -> Result<Response, PageError> {
    let mut client = app.connection().await?;
    let work = Work::begin(&mut client, &app.settings, Cause::default()).await?;
    let mut session = find(&work, &id).await?;
    match session.text("status") {
        "open" => {}
        // A second click, or a repeated request: it is paid.
        "complete" => return Ok(Redirect::to(&success_url(&session)).into_response()),
        _ => return Ok((StatusCode::GONE, closed(&session)).into_response()),
    }
    match decide(&session, &payment) {
        Decision::Refuse(message) => {
            let page = form(&work, &session, Some(message)).await?;
            Ok((StatusCode::PAYMENT_REQUIRED, page).into_response())
        }
        Decision::AskBank => Ok(bank(&session, &payment).into_response()),
        Decision::Pay(card) => {
            let payer = Payer {
                card: card.as_ref(),
                email: &payment.email,
            };
            checkout::complete(&work, &mut session, &payer).await?;
            work.commit().await?;
            app.outbox.notify_one();
            Ok(Redirect::to(&success_url(&session)).into_response())
        }
    }
}

async fn find(work: &Work<'_>, id: &str) -> Result<Object, PageError> {
    work.find("checkout.session", id)
        .await?
        .ok_or(PageError::Missing(MISSING))
}

fn decide(session: &Object, payment: &Payment) -> Decision {
    if asks_for_email(session) && !is_address(&payment.email) {
        return Decision::Refuse("Please give your e-mail address.");
    }
    let is_due = session.body["amount_total"]
        .as_i64()
        .is_some_and(|total| total > 0);
    let may_skip = session.text("payment_method_collection") == "if_required" && !is_due;
    if may_skip && payment.card.trim().is_empty() {
        return Decision::Pay(None);
    }
    match (cards::judge(&payment.card), payment.bank.as_deref()) {
        (Verdict::Declined(message), _) => Decision::Refuse(message),
        (Verdict::NeedsConfirmation(card), Some("confirm")) => Decision::Pay(Some(card)),
        (Verdict::NeedsConfirmation(_), Some(_)) => {
            Decision::Refuse("We are unable to authenticate your payment method.")
        }
        (Verdict::NeedsConfirmation(_), None) => Decision::AskBank,
        (Verdict::Accepted(card), _) if card.later_charges_fail && is_due => {
            Decision::Refuse("Your card was declined.")
        }
        (Verdict::Accepted(card), _) => Decision::Pay(Some(card)),
    }
}

fn is_address(text: &str) -> bool {
    text.len() <= 512 && text.contains('@') && !text.chars().any(char::is_control)
}

/// Where the browser goes after paying.
fn success_url(session: &Object) -> String {
    session
        .text("success_url")
        .replace("{CHECKOUT_SESSION_ID}", session.id())
}

fn asks_for_email(session: &Object) -> bool {
    session.body["customer"].is_null()
}

async fn form(
    work: &Work<'_>,
    session: &Object,
    message: Option<&str>,
) -> Result<axum::response::Html<String>, PageError> {
    let lines = checkout::lines(work, session).await?;
    let trial_end = checkout::trial_end(work, session);
    let mut ordered = Vec::new();
    for line in &lines {
        let id = line.price["product"].as_str().unwrap_or_default();
        let product = work.find("product", id).await?;
        ordered.push(order_line(
            product.as_ref().map_or("", |found| found.text("name")),
            line,
        ));
    }
    let body = html! {
        @for line in &ordered { (line) }
        @if let Some(end) = trial_end {
            p { "Free until " strong { (layout::day(end)) } ", then charged by itself. Cancel any time before." }
        }
        @if let Some(message) = message { p.alarm role="alert" { (message) } }
        form method="post" action={ "/c/pay/" (session.id()) "/pay" } {
            @if asks_for_email(session) {
                label for="email" { "E-mail" }
                input #email name="email" type="email" autocomplete="email" required
                    value=(session.text("customer_email"));
            }
            label for="card" { "Card number" }
            input #card name="card" inputmode="numeric" autocomplete="off" maxlength="23"
                placeholder="4242 4242 4242 4242" aria-describedby="cards";
            p #cards .soft {
                "4242 4242 4242 4242 pays, 4000 0000 0000 0002 is declined, "
                "4000 0025 0000 3155 asks the bank first."
            }
            button type="submit" { @if trial_end.is_some() { "Start trial" } @else { "Subscribe" } }
        }
        @if let Some(url) = session.body["cancel_url"].as_str() {
            p { a href=(url) { "Cancel and go back" } }
        }
    };
    Ok(layout::page("Subscribe", &body))
}

fn order_line(product: &str, line: &Line) -> Markup {
    let amount = line.price["unit_amount"].as_i64().unwrap_or_default();
    let currency = line.price["currency"].as_str().unwrap_or_default();
    let interval = line.price["recurring"]["interval"]
        .as_str()
        .unwrap_or_default();
    let count = line.price["recurring"]["interval_count"]
        .as_i64()
        .unwrap_or(1);
    html! {
        h2 { (product) @if line.quantity > 1 { " × " (line.quantity) } }
        p.amount { (layout::money(amount.saturating_mul(line.quantity), currency)) }
        p.soft {
            "every " @if count > 1 { (count) " " (interval) "s" } @else { (interval) }
        }
    }
}

/// The page of the customer's bank.
fn bank(session: &Object, payment: &Payment) -> axum::response::Html<String> {
    let body = html! {
        p { "Your bank asks: do you want to make this payment?" }
        form method="post" action={ "/c/pay/" (session.id()) "/pay" } {
            input type="hidden" name="card" value=(payment.card);
            input type="hidden" name="email" value=(payment.email);
            button type="submit" name="bank" value="confirm" { "Confirm payment" }
            button.quiet type="submit" name="bank" value="refuse" { "Refuse" }
        }
    };
    layout::page("3-D Secure", &body)
}

fn closed(session: &Object) -> axum::response::Html<String> {
    let is_complete = session.text("status") == "complete";
    let body = html! {
        @if is_complete {
            p { "This is paid already." }
            p { a href=(success_url(session)) { "Go on" } }
        } @else {
            p { "This payment page has expired. Nothing was charged." }
            @if let Some(url) = session.body["cancel_url"].as_str() {
                p { a href=(url) { "Go back" } }
            }
        }
    };
    layout::page(if is_complete { "All done" } else { "Too late" }, &body)
}
