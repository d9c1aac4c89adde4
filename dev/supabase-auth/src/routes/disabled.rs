//! What a Supabase project has switched off that signs in by e-mail alone: each route refuses as it does there.

use axum::extract::Path;
use axum::extract::rejection::PathRejection;

use crate::error::Error;
use crate::extract::{Caller, Query};

/// `GET /authorize`: sign-in by another provider.
pub(crate) async fn authorize(query: Query) -> Error {
    match query.get("provider") {
        None | Some("") => Error::Invalid("Unsupported provider: missing provider"),
        Some(_) => Error::Invalid("Unsupported provider: provider is not enabled"),
    }
}

/// `GET` and `POST /callback`: the way back from another provider, to which nobody was sent.
pub(crate) async fn callback() -> Error {
    Error::NoOauthState
}

/// `POST /sso`: sign-in by SAML.
pub(crate) async fn sso() -> Error {
    Error::SamlDisabled
}

/// `/user/identities/*`: linking and unlinking other ways to sign in.
pub(crate) async fn link(_: Caller) -> Error {
    Error::LinkingDisabled
}

/// `POST /factors`: a second factor.
pub(crate) async fn enroll(_: Caller) -> Error {
    Error::FactorsDisabled
}

/// `/factors/{id}*`: nobody has one.
pub(crate) async fn factor(_: Caller, id: Result<Path<String>, PathRejection>) -> Error {
    match id.map(|Path(id)| id.parse::<uuid::Uuid>()) {
        Ok(Ok(_)) => Error::FactorNotFound,
        _ => Error::FactorIdNotUuid,
    }
}
