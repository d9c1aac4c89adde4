//! `POST /webhooks/stripe`: checks the signature, stores the event once, and leaves the rest to the daemon, which
//! reads the object back from Stripe. Only when storing fails is the answer no success, so that Stripe sends again.

use edge::{Anonymous, Answer, Context, Error, Request};
use serde_json::{Value, json};
use store::billing;
use stripe::webhook::{Secret, verify};

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
    let event = verify(&secrets, header, &body, cx.now())
        .map_err(|error| Error::Signature(error.to_string()))?;
    let payload: Value =
        serde_json::from_slice(&body).map_err(|error| Error::Signature(error.to_string()))?;
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
