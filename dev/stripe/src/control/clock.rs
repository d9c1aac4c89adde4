//! `/_control/clock`: the time of everything that has no test clock.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde::Serialize;

use crate::api::error::ApiError;
use crate::api::error::ApiResult;
use crate::clock;
use crate::server::App;

/// As far as one move may go.
const MAX_MOVE_SECONDS: i64 = 5 * 366 * 86_400;
/// The year 3000.
const LATEST: i64 = 32_503_680_000;

/// Where the clock stands.
#[derive(Serialize)]
pub(super) struct Time {
    /// Unix seconds.
    now: i64,
    /// How far it is ahead of the real time.
    offset_seconds: i64,
}

/// How it is moved: by so much, or to a time.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Move {
    seconds: Option<i64>,
    /// Unix seconds.
    to: Option<i64>,
}

pub(super) async fn read(State(app): State<App>) -> ApiResult<Json<Time>> {
    let client = app.connection().await?;
    let statement = "SELECT floor(extract(epoch FROM now()))::bigint + offset_seconds,
        offset_seconds FROM clock";
    let row = client.query_one(statement, &[]).await?;
    Ok(Json(Time {
        now: row.get(0),
        offset_seconds: row.get(1),
    }))
}

/// Moves the clock ahead and answers when all that became due has been done, each at its own time.
pub(super) async fn advance(
    State(app): State<App>,
    Json(wanted): Json<Move>,
) -> ApiResult<Json<Time>> {
    let Json(time) = read(State(app.clone())).await?;
    let seconds = match wanted {
        Move {
            seconds: Some(seconds),
            to: None,
        } => seconds,
        Move {
            seconds: None,
            to: Some(to),
        } => to.saturating_sub(time.now),
        _ => return Err(ApiError::request("Give one of seconds and to")),
    };
    if !(0..=MAX_MOVE_SECONDS).contains(&seconds) || time.now + seconds > LATEST {
        let message = "The clock moves ahead only, by five years at most";
        return Err(ApiError::request(message));
    }
    let client = app.connection().await?;
    let statement = "UPDATE clock SET offset_seconds = offset_seconds + $1";
    client.execute(statement, &[&seconds]).await?;
    drop(client);
    clock::catch_up(&app).await?;
    app.outbox.notify_one();
    read(State(app)).await
}
