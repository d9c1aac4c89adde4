//! What handlers take from a request: JSON bodies, query parameters, and who is calling.

use std::collections::HashMap;

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use url::form_urlencoded;

use crate::db::sessions::{self, SessionRow};
use crate::db::users;
use crate::error::Error;
use crate::gateway::ApiKey;
use crate::state::State;
use crate::token::Subject;
use crate::user::User;

/// A JSON body, whatever its content type says.
pub(crate) struct Body<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<State> for Body<T> {
    type Rejection = Error;

    async fn from_request(request: Request, state: &State) -> Result<Self, Error> {
        parse(&read(request, state).await?).map(Self)
    }
}

/// A JSON body that may be left out.
pub(crate) struct OptionalBody<T>(pub(crate) T);

impl<T: DeserializeOwned + Default> FromRequest<State> for OptionalBody<T> {
    type Rejection = Error;

    async fn from_request(request: Request, state: &State) -> Result<Self, Error> {
        let bytes = read(request, state).await?;
        if bytes.is_empty() {
            Ok(Self(T::default()))
        } else {
            parse(&bytes).map(Self)
        }
    }
}

async fn read(request: Request, state: &State) -> Result<Bytes, Error> {
    Bytes::from_request(request, state)
        .await
        .map_err(|rejection| match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => Error::BodyTooLarge,
            _ => Error::Invalid("the request body ended early"),
        })
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Error> {
    serde_json::from_slice(bytes).map_err(|error| Error::BadJson(error.to_string()))
}

/// The query parameters; of repeated ones the last counts.
pub(crate) struct Query(HashMap<String, String>);

impl Query {
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}

impl FromRequestParts<State> for Query {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &State) -> Result<Self, Error> {
        let query = parts.uri.query().unwrap_or_default();
        Ok(Self(
            form_urlencoded::parse(query.as_bytes())
                .into_owned()
                .collect(),
        ))
    }
}

/// The signed-in user whose token the request bears, and who still exists and is signed in.
pub(crate) struct Caller {
    pub(crate) user: User,
    pub(crate) session: SessionRow,
}

impl FromRequestParts<State> for Caller {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, Error> {
        let token = bearer(&parts.headers).ok_or(Error::NoAuthorization)?;
        let Subject { sub, session_id } = state.tokens.verify(token)?;
        let mut client = state.database.client().await?;
        let tx = client.transaction().await?;
        let user = users::find(&tx, sub).await?.ok_or(Error::CallerGone)?;
        if user.is_banned(Timestamp::now()) {
            return Err(Error::Banned);
        }
        let session = sessions::find(&tx, session_id, user.id)
            .await?
            .ok_or(Error::SessionGone)?;
        tx.commit().await?;
        Ok(Self { user, session })
    }
}

/// The holder of the secret key, which may stand in `apikey` or as the bearer token.
pub(crate) struct Admin;

impl FromRequestParts<State> for Admin {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, Error> {
        if parts.extensions.get() == Some(&ApiKey::Secret) {
            return Ok(Self);
        }
        match bearer(&parts.headers) {
            Some(token) => match ApiKey::recognise(state, token) {
                Some(ApiKey::Secret) => Ok(Self),
                Some(ApiKey::Publishable) => Err(Error::NotAdmin),
                None => {
                    state.tokens.verify(token)?;
                    Err(Error::NotAdmin)
                }
            },
            None => Err(Error::NotAdmin),
        }
    }
}

/// The id of a user in the path.
pub(crate) struct UserId(pub(crate) uuid::Uuid);

impl FromRequestParts<State> for UserId {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, Error> {
        // Refused too when it is not even UTF-8.
        let path = Path::<String>::from_request_parts(parts, state).await;
        let Path(id) = path.map_err(|_| Error::UserIdNotUuid)?;
        id.parse().map(Self).map_err(|_| Error::UserIdNotUuid)
    }
}

/// The client's `User-Agent`, cut to a length worth keeping.
pub(crate) struct Agent(pub(crate) Option<String>);

const AGENT_CHARACTERS: usize = 300;

impl FromRequestParts<State> for Agent {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &State) -> Result<Self, Error> {
        let agent = parts
            .headers
            .get(header::USER_AGENT)
            .and_then(|agent| agent.to_str().ok());
        Ok(Self(agent.map(|agent| {
            agent.chars().take(AGENT_CHARACTERS).collect()
        })))
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers
        .get(header::AUTHORIZATION)?
        .to_str()
        .ok()?
        .trim()
        .split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}
