//! One file per group of routes.

pub(crate) mod admin;
pub(crate) mod health;
pub(crate) mod logout;
pub(crate) mod mails;
pub(crate) mod outbox;
pub(crate) mod refresh;
pub(crate) mod signup;
pub(crate) mod token;
pub(crate) mod user;
pub(crate) mod verify;

use axum::http::HeaderMap;

use crate::error::Error;
use crate::extract::Query;
use crate::mail::Landing;
use crate::state::State;

/// Where mails of this request lead to.
fn landing(state: &State, query: &Query, headers: &HeaderMap) -> Landing {
    Landing::new(state, query.get("redirect_to"), headers)
}

/// Refuses a client that expects its mail links to come back with a code to exchange: ours come back
/// with the session itself, and such a client would drop it unseen.
fn refuse_pkce(code_challenge: Option<&str>) -> Result<(), Error> {
    match code_challenge {
        None | Some("") => Ok(()),
        Some(_) => Err(Error::Invalid(
            "PKCE is not supported here: use flowType \"implicit\"",
        )),
    }
}
