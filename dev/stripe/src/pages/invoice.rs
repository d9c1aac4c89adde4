//! `/i/{page}`: an invoice to read, to print, and to pay while it is open.

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
use serde_json::json;

use super::PageError;
use super::bank;
use super::card_form;
use super::card_form::CardForm;
use super::card_form::Decision;
use super::is_secret;
use super::layout;
use crate::api::error::ApiResult;
use crate::billing::cards::Situation;
use crate::billing::cards::TestCard;
use crate::billing::charging;
use crate::billing::charging::Outcome;
use crate::resources::customers;
use crate::resources::payment_methods;
use crate::server::App;
use crate::store::Object;
use crate::work::Work;

const MISSING: &str = "There is no such invoice.";

pub(super) async fn show(
    State(app): State<App>,
    Path(page): Path<String>,
) -> Result<Html<String>, PageError> {
    let mut client = app.connection().await?;
    let work = Work::begin_alone(&mut client, &app.settings).await?;
    let invoice = find(&work, &page).await?;
    Ok(render(&page, &invoice, None))
}

/// Pays an open invoice by a card that is kept from then on.
pub(super) async fn pay(
    State(app): State<App>,
    Path(page): Path<String>,
    Form(form): Form<CardForm>,
) -> Result<Response, PageError> {
    let mut client = app.connection().await?;
    let work = Work::begin_alone(&mut client, &app.settings).await?;
    let mut invoice = find(&work, &page).await?;
    let response = if invoice.text("status") == "open" {
        match form.decide(true) {
            Decision::AskBank => {
                let fields = [("card", form.card.as_str())];
                bank::ask(&format!("/i/{page}/pay"), &fields).into_response()
            }
            Decision::Refuse(why) => {
                let page = render(&page, &invoice, Some(why.message));
                (StatusCode::PAYMENT_REQUIRED, page).into_response()
            }
            Decision::Use(card) => {
                charge(&work, &mut invoice, card).await?;
                Redirect::to(&format!("/i/{page}")).into_response()
            }
        }
    } else {
        Redirect::to(&format!("/i/{page}")).into_response()
    };
    work.commit().await?;
    app.outbox.notify_one();
    Ok(response)
}

async fn charge(work: &Work<'_>, invoice: &mut Object, card: &TestCard) -> ApiResult<()> {
    let customer = customers::find(work, invoice.text("customer")).await?;
    let method = payment_methods::attach(work, &customer, card).await?;
    let situation = Situation::Present { confirmed: true };
    if let Some(mut subscription) = charging::subscription_of(work, invoice).await? {
        subscription.body["default_payment_method"] = method.id().into();
        work.save(&subscription).await?;
    }
    let outcome = charging::attempt(work, invoice, Some(&method), situation).await?;
    if outcome == Outcome::Paid {
        charging::take_effect(work, invoice).await?;
    }
    Ok(())
}

async fn find(work: &Work<'_>, page: &str) -> Result<Object, PageError> {
    if !is_secret(page) {
        return Err(PageError::Missing(MISSING));
    }
    let url = format!("{}/i/{page}", work.settings().public_url);
    let found = work
        .find_like("invoice", &json!({ "hosted_invoice_url": url }))
        .await?;
    found.ok_or(PageError::Missing(MISSING))
}

fn render(page: &str, invoice: &Object, message: Option<&str>) -> Html<String> {
    let currency = invoice.text("currency");
    let amount = |field: &str| layout::money(invoice.number(field), currency);
    let body = html! {
        p.amount { (amount("total")) }
        p { "Status: " strong { (invoice.text("status")) } }
        p { "Date: " (layout::day(invoice.number("created"))) }
        p { "For: " (invoice.text("customer_email")) }
        (lines(invoice))
        p { "Paid: " (amount("amount_paid")) ", open: " (amount("amount_remaining")) }
        @if let Some(message) = message { p.alarm role="alert" { (message) } }
        @if invoice.text("status") == "open" {
            form method="post" action={ "/i/" (page) "/pay" } {
                (card_form::field())
                button type="submit" { "Pay " (amount("amount_remaining")) }
            }
        }
    };
    layout::page(&format!("Invoice {}", invoice.text("number")), &body)
}

fn lines(invoice: &Object) -> Markup {
    let currency = invoice.text("currency");
    html! {
        @for line in invoice.body["lines"]["data"].as_array().into_iter().flatten() {
            h2 { (line["description"].as_str().unwrap_or_default()) }
            p { (layout::money(line["amount"].as_i64().unwrap_or_default(), currency)) }
            p.soft {
                (layout::day(line["period"]["start"].as_i64().unwrap_or_default())) " to "
                (layout::day(line["period"]["end"].as_i64().unwrap_or_default()))
            }
        }
        @if invoice.number("subtotal") != invoice.number("total") {
            p { "Discount: " (layout::money(invoice.number("total") - invoice.number("subtotal"), currency)) }
        }
        @let balance = invoice.number("starting_balance") - invoice.number("ending_balance");
        @if balance != 0 {
            p { "Credit balance: " (layout::money(balance, currency)) }
        }
    }
}
