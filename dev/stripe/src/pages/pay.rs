//! `/c/pay/{session}`: where a customer pays.

use axum::Form;
use axum::extract::Path;
use axum::extract::State;
use axum::response::Html;
use axum::response::IntoResponse;
use axum::response::Redirect;
use axum::response::Response;
use http::StatusCode;
use maud::Markup;
use maud::html;
use serde::Deserialize;

use super::PageError;
use super::bank;
use super::card_form;
use super::card_form::CardForm;
use super::card_form::Decision;
use super::layout;
use crate::api::error::ApiResult;
use crate::billing::cards::Decline;
use crate::billing::cards::TestCard;
use crate::billing::checkout;
use crate::billing::checkout::Payer;
use crate::billing::intents;
use crate::billing::subscribing::Line;
use crate::resources::promotion_codes;
use crate::server::App;
use crate::store::Object;
use crate::work::Work;

const MISSING: &str = "There is no such payment page. Please go back and start again.";

#[derive(Deserialize)]
pub(super) struct Payment {
    #[serde(flatten)]
    card: CardForm,
    #[serde(default)]
    email: String,
}

#[derive(Deserialize)]
pub(super) struct Promotion {
    #[serde(default)]
    promotion_code: String,
}

pub(super) async fn show(
    State(app): State<App>,
    Path(id): Path<String>,
) -> Result<Response, PageError> {
    let mut client = app.connection().await?;
    let work = Work::begin_alone(&mut client, &app.settings).await?;
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
    let work = Work::begin_alone(&mut client, &app.settings).await?;
    let mut session = find(&work, &id).await?;
    if let Some(answer) = ended(&session) {
        return Ok(answer);
    }
    let response = if asks_for_email(&session) && !is_address(&payment.email) {
        let message = "Please give your e-mail address.";
        refused(form(&work, &session, Some(message)).await?)
    } else if may_skip(&session) && payment.card.card.trim().is_empty() {
        complete(&work, &mut session, None, &payment.email).await?
    } else {
        match payment.card.decide(is_due(&session)) {
            Decision::Use(card) => {
                complete(&work, &mut session, Some(card), &payment.email).await?
            }
            Decision::AskBank => {
                let fields = [
                    ("card", payment.card.card.as_str()),
                    ("email", &payment.email),
                ];
                let action = format!("/c/pay/{}/pay", session.id());
                bank::ask(&action, &fields).into_response()
            }
            Decision::Refuse(why) => {
                decline(&work, &session, why).await?;
                refused(form(&work, &session, Some(why.message)).await?)
            }
        }
    };
    work.commit().await?;
    app.outbox.notify_one();
    Ok(response)
}

/// Takes a promotion code where the session allows one.
pub(super) async fn promote(
    State(app): State<App>,
    Path(id): Path<String>,
    Form(promotion): Form<Promotion>,
) -> Result<Response, PageError> {
    let mut client = app.connection().await?;
    let work = Work::begin_alone(&mut client, &app.settings).await?;
    let mut session = find(&work, &id).await?;
    if let Some(answer) = ended(&session) {
        return Ok(answer);
    }
    let customer = session.body["customer"].as_str();
    let found = if session.is("allow_promotion_codes") {
        promotion_codes::find_typed(&work, &promotion.promotion_code, customer).await?
    } else {
        None
    };
    let Some((code, coupon)) = found else {
        let message = "This code is invalid.";
        return Ok(refused(form(&work, &session, Some(message)).await?));
    };
    checkout::discount(&mut session, &coupon, Some(&code));
    checkout::total(&work, &mut session).await?;
    work.save(&session).await?;
    work.commit().await?;
    Ok(Redirect::to(&format!("/c/pay/{id}")).into_response())
}

async fn complete(
    work: &Work<'_>,
    session: &mut Object,
    card: Option<&'static TestCard>,
    email: &str,
) -> ApiResult<Response> {
    checkout::complete(work, session, &Payer { card, email }).await?;
    Ok(Redirect::to(&success_url(session)).into_response())
}

/// Notes a charge that the bank refused; the session stays open for another card.
async fn decline(work: &Work<'_>, session: &Object, why: &Decline) -> ApiResult<()> {
    if !is_due(session) {
        return Ok(());
    }
    let (currency, customer) = (session.text("currency"), session.text("customer"));
    intents::decline_alone(
        work,
        (session.number("amount_total"), currency, customer),
        why,
    )
    .await
}

/// The session, at the time of its clock.
async fn find(work: &Work<'_>, id: &str) -> Result<Object, PageError> {
    work.find("checkout.session", id)
        .await?
        .ok_or(PageError::Missing(MISSING))
}

/// The answer of a session that is not open any more.
fn ended(session: &Object) -> Option<Response> {
    match session.text("status") {
        "open" => None,
        // A second click, or a repeated request: it is paid.
        "complete" => Some(Redirect::to(&success_url(session)).into_response()),
        _ => Some((StatusCode::GONE, closed(session)).into_response()),
    }
}

fn refused(page: Html<String>) -> Response {
    (StatusCode::PAYMENT_REQUIRED, page).into_response()
}

fn is_due(session: &Object) -> bool {
    session.number("amount_total") > 0
}

fn may_skip(session: &Object) -> bool {
    session.text("payment_method_collection") == "if_required" && !is_due(session)
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
) -> Result<Html<String>, PageError> {
    let lines = checkout::lines(work, session).await?;
    let trial_end = checkout::trial_end(work, session);
    let mut ordered = Vec::new();
    for line in &lines {
        let id = line.price["product"].as_str().unwrap_or_default();
        let product = work.peek(id).await?;
        ordered.push(order_line(
            product.as_ref().map_or("", |found| found.text("name")),
            line,
        ));
    }
    let action = format!("/c/pay/{}", session.id());
    let body = html! {
        @for line in &ordered { (line) }
        (discount(session))
        @if let Some(end) = trial_end {
            p { "Free until " strong { (layout::day(end)) } ", then charged by itself. Cancel any time before." }
        }
        @if let Some(message) = message { p.alarm role="alert" { (message) } }
        form method="post" action={ (action) "/pay" } {
            @if asks_for_email(session) {
                label for="email" { "E-mail" }
                input #email name="email" type="email" autocomplete="email" required
                    value=(session.text("customer_email"));
            }
            (card_form::field())
            button type="submit" { @if trial_end.is_some() { "Start trial" } @else { "Subscribe" } }
        }
        @if session.is("allow_promotion_codes") && session.hidden["coupon"].is_null() {
            form.row method="post" action={ (action) "/promotion" } {
                label for="promotion_code" { "Promotion code" }
                input #promotion_code name="promotion_code" autocomplete="off" maxlength="500";
                button.quiet type="submit" { "Apply" }
            }
        }
        @if let Some(url) = session.body["cancel_url"].as_str() {
            p { a href=(url) { "Cancel and go back" } }
        }
    };
    Ok(layout::page("Subscribe", &body))
}

fn discount(session: &Object) -> Markup {
    let off = session.body["total_details"]["amount_discount"]
        .as_i64()
        .unwrap_or_default();
    let currency = session.text("currency");
    html! {
        @if off > 0 {
            p { "Discount: " strong { (layout::money(-off, currency)) } ", due today: "
                strong { (layout::money(session.number("amount_total"), currency)) } }
        } @else if !session.hidden["coupon"].is_null() {
            p { "Your promotion code counts from the first payment on." }
        }
    }
}

fn order_line(product: &str, line: &Line) -> Markup {
    let amount = line.price["unit_amount"].as_i64().unwrap_or_default();
    let currency = line.price["currency"].as_str().unwrap_or_default();
    html! {
        h2 { (product) @if line.quantity > 1 { " × " (line.quantity) } }
        p.amount { (layout::money(amount.saturating_mul(line.quantity), currency)) }
        p.soft { (layout::every(&line.price)) }
    }
}

fn closed(session: &Object) -> Html<String> {
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
