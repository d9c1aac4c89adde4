//! `POST /webhooks/stripe`: events that are verified and stored, each once.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde_json::json;
use stripe::webhook::{Secret, sign};
use uuid::Uuid;

use super::Effort;
use super::load::{self, Request};
use super::program::unix_seconds;
use super::stage::{Host, Stage, WEBHOOK_SECRET};
use super::table::{Aim, Table};
use crate::up::REUSE;

const FUNCTIONS: [&str; 1] = ["webhooks-stripe"];
/// More than can be delivered in one round's second.
const BY_SECOND: u64 = 6000;
/// Customers whose events they are.
const CUSTOMERS: u64 = 100;

pub(super) fn measure(effort: Effort, table: &mut Table) -> Result<()> {
    let stage = Stage::set(&FUNCTIONS)?;
    let host = Host::start(&stage, &FUNCTIONS, &REUSE)?;
    let file = stage.file("events");
    let mut rates = Vec::new();
    deliver(&stage, &host, &file, 1)?;
    for _ in 0..effort.rounds {
        rates.push(deliver(&stage, &host, &file, effort.seconds)?);
    }
    table.add(
        "`POST /webhooks/stripe`, verified and stored",
        "events/s",
        Aim::AtLeast(1000.0),
        rates,
    );
    Ok(())
}

/// Delivers new events for so long; answers how many a second were stored.
fn deliver(stage: &Stage, host: &Host, file: &Path, seconds: u64) -> Result<f64> {
    write(file, seconds * BY_SECOND)?;
    let before = stored(stage)?;
    let load = load::run(&host.url, file, seconds)?;
    let after = stored(stage)?;
    let new = after.0 - before.0;
    ensure!(
        u64::try_from(new)? >= load.requests && after.1 == before.1,
        "{} deliveries were answered and {new} new events stored",
        load.requests
    );
    Ok(load.rate)
}

fn write(file: &Path, count: u64) -> Result<()> {
    let secret = Secret::new(WEBHOOK_SECRET).context("the secret")?;
    let now = i64::try_from(unix_seconds()?)?;
    let signed: Vec<_> = (0..count)
        .map(|number| {
            let body = event(number % CUSTOMERS, now);
            (sign(&secret, body.as_bytes(), now), body)
        })
        .collect();
    load::write(
        file,
        signed.iter().map(|(signature, body)| Request {
            method: "POST",
            path: "/webhooks/stripe",
            header: Some(("stripe-signature", signature)),
            body,
        }),
    )
}

/// As large as the usual ones.
fn event(customer: u64, now: i64) -> String {
    let id = Uuid::new_v4().simple();
    json!({
        "id": format!("evt_{id}"), "object": "event", "type": "invoice.paid", "created": now, "livemode": false,
        "api_version": "2026-10-28.endive", "pending_webhooks": 1,
        "request": {"id": null, "idempotency_key": null},
        "data": {"object": {
            "id": format!("in_{id}"), "object": "invoice", "customer": format!("cus_bench{customer}"),
            "currency": "usd", "amount_due": 2000, "amount_paid": 2000, "status": "paid",
            "hosted_invoice_url": "https://invoice.example.com/i/acct_1/live_0123456789".repeat(8),
            "lines": {"object": "list", "data": [{
                "id": format!("il_{id}"), "object": "line_item", "amount": 2000, "currency": "usd",
                "description": "1 × Hobby (at $20.00 / month)", "period": {"start": now, "end": now + 2_592_000},
            }]},
        }},
    })
    .to_string()
}

/// Events, and deliveries of events that were there.
fn stored(stage: &Stage) -> Result<(i64, i64)> {
    stage.sql(async |owner| {
        let query = "select count(*), coalesce(sum(deliveries - 1), 0)::bigint from webhook_events";
        let row = owner.query_one(query, &[]).await?;
        Ok((row.get(0), row.get(1)))
    })
}
