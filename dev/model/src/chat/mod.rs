//! `POST /v1/chat/completions`: whole, or as server-sent events.

mod answer;
mod request;
mod stream;

use axum::Json;
use axum::extract::State as Shared;
use axum::response::{IntoResponse, Response};
use serde::Deserialize as _;

use self::answer::Completion;
use self::request::Chat;
use crate::app::{Body, State};
use crate::error::Error;

/// Answers a conversation.
pub(crate) async fn handle(
    Shared(state): Shared<State>,
    Body(body): Body,
) -> Result<Response, Error> {
    let chat = Chat::deserialize(&body).map_err(|error| Error::invalid(error.to_string()))?;
    chat.check()?;
    let completion = state.records.answer("chat.completions", body, |number| {
        let completion = Completion::of(&chat, &state.run, number);
        let recorded = completion.json();
        (completion, recorded)
    });
    Ok(if chat.stream.unwrap_or(false) {
        let with_usage = chat
            .stream_options
            .and_then(|options| options.include_usage);
        stream::events(&completion, with_usage.unwrap_or(false)).into_response()
    } else {
        Json(completion.json()).into_response()
    })
}
