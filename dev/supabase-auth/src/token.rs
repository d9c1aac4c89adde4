//! Access tokens: ES256, with the claims that Supabase puts into its own.

use jiff::Timestamp;
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::jwk::{Jwk, JwkSet};
use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation, decode, decode_header, encode};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::error::Error;
use crate::keys::SigningKey;
use crate::user::User;

const AUDIENCE: &str = "authenticated";

/// Mints and verifies access tokens.
pub(crate) struct Tokens {
    key: SigningKey,
    /// Keys whose tokens are good, by name: first the one that signs.
    known: Vec<(Jwk, DecodingKey)>,
    issuer: String,
    lifetime_seconds: i64,
    validation: Validation,
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    sub: Uuid,
    aud: &'a str,
    exp: i64,
    iat: i64,
    email: &'a str,
    phone: &'a str,
    app_metadata: &'a Value,
    user_metadata: &'a Value,
    role: &'a str,
    aal: &'a str,
    amr: &'a Value,
    session_id: Uuid,
    is_anonymous: bool,
}

/// Whom a verified token names.
#[derive(Deserialize)]
pub(crate) struct Subject {
    pub(crate) sub: Uuid,
    pub(crate) session_id: Uuid,
}

/// A token and when it ends.
pub(crate) struct Minted {
    pub(crate) token: String,
    /// Seconds from now.
    pub(crate) expires_in: i64,
    /// Seconds since 1970.
    pub(crate) expires_at: i64,
}

impl Tokens {
    /// Tokens signed by one key; those of the accepted keys are good too.
    pub(crate) fn new(
        key: SigningKey,
        accepted: &[SigningKey],
        issuer: String,
        lifetime_seconds: i64,
    ) -> Self {
        let mut validation = Validation::new(Algorithm::ES256);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        validation.set_issuer(&[&issuer]);
        validation.set_audience(&[AUDIENCE]);
        validation.leeway = 0;
        let mut known: Vec<(Jwk, DecodingKey)> = Vec::new();
        for key in std::iter::once(&key).chain(accepted) {
            if known
                .iter()
                .all(|(jwk, _)| jwk.common.key_id != key.jwk.common.key_id)
            {
                known.push((key.jwk.clone(), key.decoding.clone()));
            }
        }
        Self {
            key,
            known,
            issuer,
            lifetime_seconds,
            validation,
        }
    }

    /// The public keys.
    pub(crate) fn jwks(&self) -> JwkSet {
        let keys = self.known.iter().map(|(jwk, _)| jwk.clone()).collect();
        JwkSet { keys }
    }

    /// Signs a token for a session of a user.
    pub(crate) fn mint(
        &self,
        now: Timestamp,
        user: &User,
        session_id: Uuid,
        aal: &str,
        amr: &Value,
    ) -> Result<Minted, Error> {
        let issued_at = now.as_second();
        let expires_at = issued_at + self.lifetime_seconds;
        let claims = Claims {
            iss: &self.issuer,
            sub: user.id,
            aud: AUDIENCE,
            exp: expires_at,
            iat: issued_at,
            email: &user.email,
            phone: "",
            app_metadata: &user.app_metadata,
            user_metadata: &user.user_metadata,
            role: &user.role,
            aal,
            amr,
            session_id,
            is_anonymous: user.is_anonymous,
        };
        let header = Header {
            kid: Some(self.key.kid.clone()),
            ..Header::new(Algorithm::ES256)
        };
        let token = encode(&header, &claims, &self.key.encoding)
            .map_err(|error| Error::Internal(anyhow::Error::new(error).context("sign a token")))?;
        Ok(Minted {
            token,
            expires_in: self.lifetime_seconds,
            expires_at,
        })
    }

    /// Checks signature, key, issuer, audience and time; the session is the database's to judge.
    pub(crate) fn verify(&self, token: &str) -> Result<Subject, Error> {
        let header = decode_header(token).map_err(|error| Error::BadJwt(reason(error.kind())))?;
        let is_named = |(jwk, _): &&(Jwk, DecodingKey)| {
            header.kid.is_some() && jwk.common.key_id == header.kid
        };
        let Some((_, key)) = self.known.iter().find(is_named) else {
            return Err(Error::BadJwt("unrecognized JWT kid for algorithm ES256"));
        };
        decode::<Subject>(token, key, &self.validation)
            .map(|data| data.claims)
            .map_err(|error| Error::BadJwt(reason(error.kind())))
    }
}

fn reason(kind: &ErrorKind) -> &'static str {
    match kind {
        ErrorKind::ExpiredSignature => "token is expired",
        ErrorKind::InvalidSignature => "signature is invalid",
        ErrorKind::InvalidAlgorithm => "signing method is invalid",
        ErrorKind::InvalidIssuer => "invalid issuer",
        ErrorKind::InvalidAudience => "invalid audience",
        ErrorKind::MissingRequiredClaim(_) | ErrorKind::InvalidClaimFormat(_) => {
            "missing or malformed claim"
        }
        _ => "unable to parse or verify signature",
    }
}
