//! `/_control/webhooks`: how deliveries go wrong, and a secret that is replaced.

use axum::Json;
use axum::extract::Path;
use axum::extract::State;
use serde::Deserialize;
use serde_json::Value;
use serde_json::json;
use stripe::webhook::Secret;

use crate::api::error::ApiError;
use crate::api::error::ApiResult;
use crate::ids;
use crate::resources::webhook_endpoints;
use crate::server::App;
use crate::webhooks::modes::Mode;
use crate::work::Work;

/// As long as Stripe lets the old secret live.
const MAX_OVERLAP_SECONDS: i64 = 24 * 3_600;

/// The mode of one endpoint, or of all; the mode itself is read from the same object.
#[derive(Deserialize)]
struct Target {
    endpoint: Option<String>,
}

/// `POST /_control/webhooks`. What was held back until now is let go.
pub(super) async fn set_mode(
    State(app): State<App>,
    Json(mut wanted): Json<Value>,
) -> ApiResult<Json<Value>> {
    let target: Target = serde_json::from_value(json!({ "endpoint": wanted["endpoint"].take() }))
        .map_err(|_| ApiError::request("endpoint is an id"))?;
    if let Some(fields) = wanted.as_object_mut() {
        fields.remove("endpoint");
    }
    let mode: Mode = serde_json::from_value(wanted)
        .map_err(|error| ApiError::request(format!("no such mode: {error}")))?;
    let mut client = app.connection().await?;
    let work = Work::begin_alone(&mut client, &app.settings).await?;
    let endpoints = match &target.endpoint {
        Some(id) => vec![webhook_endpoints::find(&work, id).await?],
        None => work.find_all("webhook_endpoint", &json!({})).await?,
    };
    for mut endpoint in endpoints {
        let before = Mode::of(&endpoint.hidden);
        endpoint.hidden["mode"] = json!(mode);
        work.save(&endpoint).await?;
        if let Mode::Reordered { seed } = before {
            release(&work, endpoint.id(), seed).await?;
        }
    }
    work.commit().await?;
    app.outbox.notify_one();
    Ok(Json(json!(mode)))
}

/// Lets go what was held back, in an order that the seed alone decides: by the places in the row, not by what was
/// delivered before.
async fn release(work: &Work<'_>, endpoint: &str, seed: u32) -> ApiResult<()> {
    let statement = "UPDATE webhook_deliveries deliveries
        SET next_attempt_at = $3, place = shuffled.place
        FROM (SELECT event_id, row_number() OVER (ORDER BY md5($2 || number)) AS place
            FROM (SELECT event_id, row_number() OVER (ORDER BY sequence) AS number
                FROM webhook_deliveries WHERE endpoint_id = $1 AND next_attempt_at IS NULL) held) shuffled
        WHERE deliveries.endpoint_id = $1 AND deliveries.event_id = shuffled.event_id
            AND next_attempt_at IS NULL";
    let seed = format!("{seed}:");
    work.sql()
        .execute(statement, &[&endpoint, &seed, &work.clock()])
        .await?;
    Ok(())
}

/// How a secret is replaced.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Roll {
    /// The new one; made by chance where there is none.
    secret: Option<String>,
    /// How long the old one signs too, seconds.
    #[serde(default)]
    overlap_seconds: i64,
}

/// `POST /_control/webhooks/{endpoint}/roll_secret`, as the dashboard does it.
pub(super) async fn roll_secret(
    State(app): State<App>,
    Path(id): Path<String>,
    Json(wanted): Json<Roll>,
) -> ApiResult<Json<Value>> {
    if !(0..=MAX_OVERLAP_SECONDS).contains(&wanted.overlap_seconds) {
        return Err(ApiError::request("overlap_seconds is from 0 to 86400"));
    }
    let secret = wanted
        .secret
        .unwrap_or_else(|| ids::with_length("whsec_", 32));
    Secret::new(&secret).map_err(|error| ApiError::request(error.to_string()))?;
    let mut client = app.connection().await?;
    let work = Work::begin_alone(&mut client, &app.settings).await?;
    let mut endpoint = webhook_endpoints::find(&work, &id).await?;
    webhook_endpoints::roll_secret(&mut endpoint, &secret, work.clock(), wanted.overlap_seconds);
    work.save(&endpoint).await?;
    work.commit().await?;
    Ok(Json(json!({ "endpoint": id, "secret": secret })))
}
