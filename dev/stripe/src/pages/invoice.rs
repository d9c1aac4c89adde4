//! `/i/{page}`: an invoice to read and print.

use axum::extract::Path;
use axum::extract::State;
use axum::response::Html;
use maud::html;
use serde_json::json;

use super::PageError;
use super::is_secret;
use super::layout;
use crate::server::App;
use crate::work::Cause;
use crate::work::Work;

const MISSING: &str = "There is no such invoice.";

pub(super) async fn show(
    State(app): State<App>,
    Path(page): Path<String>,
) -> Result<Html<String>, PageError> {
    if !is_secret(&page) {
        return Err(PageError::Missing(MISSING));
    }
    let mut client = app.connection().await?;
    let work = Work::begin(&mut client, &app.settings, Cause::default()).await?;
    let url = format!("{}/i/{page}", app.settings.public_url);
    let found = work
        .find_like("invoice", &json!({ "hosted_invoice_url": url }))
        .await?;
    let invoice = found.ok_or(PageError::Missing(MISSING))?;
    let currency = invoice.text("currency");
    let amount =
        |field: &str| layout::money(invoice.body[field].as_i64().unwrap_or_default(), currency);
    let body = html! {
        p.amount { (amount("total")) }
        p { "Status: " strong { (invoice.text("status")) } }
        p { "Date: " (layout::day(invoice.body["created"].as_i64().unwrap_or_default())) }
        p { "For: " (invoice.text("customer_email")) }
        @for line in invoice.body["lines"]["data"].as_array().into_iter().flatten() {
            h2 { (line["description"].as_str().unwrap_or_default()) }
            p { (layout::money(line["amount"].as_i64().unwrap_or_default(), currency)) }
            p.soft {
                (layout::day(line["period"]["start"].as_i64().unwrap_or_default())) " to "
                (layout::day(line["period"]["end"].as_i64().unwrap_or_default()))
            }
        }
        p { "Paid: " (amount("amount_paid")) ", open: " (amount("amount_remaining")) }
    };
    Ok(layout::page(
        &format!("Invoice {}", invoice.text("number")),
        &body,
    ))
}
