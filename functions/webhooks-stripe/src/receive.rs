//! `POST /webhooks/stripe`: checks the signature, stores the event once, and leaves the rest to the daemon, which
//! reads the object back from Stripe. Only when storing fails is the answer no success, so that Stripe sends again.

use edge::{Anonymous, Answer, Context, Error, Request};
use serde_json::json;
use store::billing;
use stripe::Event;
use stripe::webhook::{Secret, SignatureError, verify};

/// Of events and their objects, in bytes; Stripe names twice as many as it may ever use.
const LONGEST_ID: usize = 255;
/// Unix seconds of the end of the year 9999.
const LATEST: i64 = 253_402_300_799;

pub(crate) async fn handle(cx: &Context, _: Anonymous, request: Request) -> Result<Answer, Error> {
    let secrets = cx.settings.required("stripe_webhook_secrets").await?;
    let secrets = Secret::parse_list(&secrets)
        .map_err(|error| Error::Misconfigured("stripe_webhook_secrets", error.to_string()))?;
    if request.header_count("stripe-signature") > 1 {
        return Err(Error::Signature("several signature headers".to_owned()));
    }
    let header = request
        .header("stripe-signature")
        .ok_or_else(|| Error::Signature("no signature header".to_owned()))?;
    let body = request.bytes().await?;
    let event = verify(&secrets, header, &body, cx.now()).map_err(|error| match error {
        SignatureError::NotAnEvent(_) => Error::Malformed(format!("{error}.")),
        error => Error::Signature(error.to_string()),
    })?;
    let payload = request.signed_json().await?;
    can_be_kept(&event)?;
    let facts = json!({
        "id": event.id, "type": event.kind, "created": event.created, "livemode": event.livemode,
        "api_version": event.api_version, "object_type": event.data.object.object,
        "object_id": event.data.object.id, "customer_id": event.customer(),
        "address": cx.address(), "request_id": cx.request_id(),
    });
    let answer = billing::receive_event(&cx.database, &facts, &payload).await?;
    let receipt = cx.settle(answer)?;
    if !receipt.duplicate {
        cx.ring().await;
    }
    Answer::ok(&receipt)
}

/// Refuses what the database would: a failure would have Stripe send it again for three days.
fn can_be_kept(event: &Event) -> Result<(), Error> {
    let ids = [
        Some(event.id.as_str()),
        event.data.object.id.as_deref(),
        event.customer(),
    ];
    let ids_fit = ids
        .into_iter()
        .flatten()
        .all(|id| (1..=LONGEST_ID).contains(&id.len()));
    if ids_fit && (0..=LATEST).contains(&event.created) {
        return Ok(());
    }
    Err(Error::Malformed(
        "The event has an id or a time that cannot be kept.".to_owned(),
    ))
}
