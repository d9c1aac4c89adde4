//! Mails that prove an address: made here, kept in the outbox.

use axum::http::HeaderMap;
use url::Url;
use uuid::Uuid;

use crate::db::{Tx, one_time_tokens, outbox};
use crate::error::Error;
use crate::redirect;
use crate::state::State;

/// What a mail is for, and what its link or code then proves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Signup,
    Recovery,
    Magiclink,
    EmailChange,
}

impl Kind {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Signup => "signup",
            Self::Recovery => "recovery",
            Self::Magiclink => "magiclink",
            Self::EmailChange => "email_change",
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        [
            Self::Signup,
            Self::Recovery,
            Self::Magiclink,
            Self::EmailChange,
        ]
        .into_iter()
        .find(|kind| kind.as_str() == text)
    }
}

/// Where the person who reads the mail is led to: the `redirect_to` of the request if it is allowed.
pub(crate) struct Landing(Url);

impl Landing {
    pub(crate) fn new(state: &State, wished: Option<&str>, headers: &HeaderMap) -> Self {
        Self(redirect::target(&state.config.site_url, wished, headers))
    }
}

/// Puts a mail into the outbox, with a link and a code that are each good once.
pub(crate) async fn send(
    state: &State,
    tx: &Tx<'_>,
    user_id: Uuid,
    kind: Kind,
    email: &str,
    landing: &Landing,
) -> Result<(), Error> {
    // As long as the hash that Supabase puts there, but random, so that it cannot be guessed by code.
    let token_hash = hex::encode(rand::random::<[u8; 28]>());
    let code = format!("{:06}", rand::random_range(0..1_000_000));
    let mut link = Url::parse(&format!("{}/verify", state.config.issuer()))
        .map_err(|error| Error::Internal(error.into()))?;
    link.query_pairs_mut()
        .append_pair("token", &token_hash)
        .append_pair("type", kind.as_str())
        .append_pair("redirect_to", landing.0.as_str());
    one_time_tokens::replace(tx, user_id, kind, email, &token_hash, &code).await?;
    outbox::insert(tx, user_id, kind, email, &token_hash, &code, link.as_str()).await
}
