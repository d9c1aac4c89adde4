//! Supabase access tokens: ES256 or RS256 by the auth service's published keys, HS256 by the legacy secret.
//!
//! The algorithm is chosen by the key, never by the token's header: a header that names another one, or `none`,
//! is refused.

use std::collections::HashMap;

use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, JwkSet};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::caller::AccountCaller;

/// Longest token that is looked at, in bytes.
const LONGEST_TOKEN: usize = 8 * 1024;

/// As much as is kept of a person's name, in characters.
const LONGEST_NAME: usize = 200;

/// Clocks may differ by this many seconds.
const LEEWAY_SECONDS: i64 = 30;

/// Why a token is not accepted. Callers are told only that it is not; the log has the reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Not a token at all.
    #[error("token is malformed")]
    Malformed,
    /// Signed by a key that is not known (fetching the keys again may help).
    #[error("token names an unknown key")]
    UnknownKey,
    /// The signature does not fit.
    #[error("token's signature is wrong")]
    Signature,
    /// Too old.
    #[error("token has expired")]
    Expired,
    /// Made by or for somebody else.
    #[error("token's claims are not ours")]
    Claims,
}

/// What a token says, after it was verified.
#[derive(Debug, Clone, Deserialize)]
pub struct Claims {
    /// The auth user.
    pub sub: Uuid,
    /// Its address.
    pub email: String,
    /// When it was made, in Unix seconds.
    pub iat: i64,
    /// Unix seconds.
    pub exp: i64,
    /// Unix seconds.
    #[serde(default)]
    pub nbf: Option<i64>,
    /// Who made it.
    pub iss: String,
    /// For whom.
    pub aud: String,
    /// The database role it stands for.
    pub role: String,
    /// The session it belongs to.
    pub session_id: Uuid,
    /// Without a name and address of its own.
    #[serde(default)]
    pub is_anonymous: bool,
    /// Written by the person itself: never decides anything, not even by its shape.
    #[serde(default, deserialize_with = "as_far_as_it_makes_sense")]
    pub user_metadata: UserMetadata,
}

/// What the person says of itself.
#[derive(Debug, Clone, Default)]
pub struct UserMetadata {
    /// Its name, without characters that have no place in one.
    pub full_name: Option<String>,
}

/// Takes any JSON, also what is nested deeper than a [`Value`] can be.
fn as_far_as_it_makes_sense<'de, D>(claim: D) -> Result<UserMetadata, D::Error>
where
    D: Deserializer<'de>,
{
    let claim = Box::<RawValue>::deserialize(claim)?;
    let said: Value = serde_json::from_str(claim.get()).unwrap_or_default();
    let name = said["full_name"].as_str().unwrap_or_default().trim();
    let name: String = name
        .chars()
        .filter(|c| !c.is_control())
        .take(LONGEST_NAME)
        .collect();
    Ok(UserMetadata {
        full_name: (!name.is_empty()).then_some(name),
    })
}

impl Claims {
    /// Whether the token may still be used, at `now` in Unix seconds.
    pub fn is_current(&self, now: i64) -> bool {
        now <= self.exp + LEEWAY_SECONDS
    }

    /// The caller that the token proves.
    pub fn caller(&self) -> AccountCaller {
        AccountCaller::new(self)
    }
}

/// The auth service's keys.
#[derive(Default)]
pub struct KeySet {
    by_id: HashMap<String, (Algorithm, DecodingKey)>,
}

impl KeySet {
    /// Reads a JWKS document; keys of kinds that are not accepted are left out.
    pub fn parse(json: &[u8]) -> Result<Self, serde_json::Error> {
        let set: JwkSet = serde_json::from_slice(json)?;
        let by_id = set.keys.iter().filter_map(usable_key).collect();
        Ok(Self { by_id })
    }

    /// How many keys can be used.
    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Whether no key can be used.
    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }
}

fn usable_key(jwk: &Jwk) -> Option<(String, (Algorithm, DecodingKey))> {
    let algorithm = match &jwk.algorithm {
        AlgorithmParameters::EllipticCurve(p) if p.curve == EllipticCurve::P256 => Algorithm::ES256,
        AlgorithmParameters::RSA(_) => Algorithm::RS256,
        _ => return None,
    };
    let key = DecodingKey::from_jwk(jwk).ok()?;
    Some((jwk.common.key_id.clone()?, (algorithm, key)))
}

/// Checks tokens against keys and what they must claim.
pub struct Verifier {
    keys: KeySet,
    legacy_secret: Option<DecodingKey>,
    issuer: String,
}

impl Verifier {
    /// `legacy_secret` is the project's HS256 secret; an empty one is none.
    pub fn new(keys: KeySet, legacy_secret: &str, issuer: &str) -> Self {
        let legacy_secret =
            (!legacy_secret.is_empty()).then(|| DecodingKey::from_secret(legacy_secret.as_bytes()));
        Self {
            keys,
            legacy_secret,
            issuer: issuer.to_owned(),
        }
    }

    /// Verifies a token at `now` (Unix seconds).
    pub fn verify(&self, token: &str, now: i64) -> Result<Claims, TokenError> {
        if token.len() > LONGEST_TOKEN {
            return Err(TokenError::Malformed);
        }
        let header = decode_header(token).map_err(|_| TokenError::Malformed)?;
        let (algorithm, key) = match header.kid.as_deref() {
            Some(id) => {
                let (algorithm, key) = self.keys.by_id.get(id).ok_or(TokenError::UnknownKey)?;
                (*algorithm, key)
            }
            None => (
                Algorithm::HS256,
                self.legacy_secret.as_ref().ok_or(TokenError::UnknownKey)?,
            ),
        };
        if header.alg != algorithm {
            return Err(TokenError::Signature);
        }
        let mut rules = Validation::new(algorithm);
        // Times and claims are checked below: against the caller's clock, and with errors of our own.
        rules.validate_exp = false;
        rules.validate_aud = false;
        rules.required_spec_claims.clear();
        let claims = decode::<Claims>(token, key, &rules).map_err(|error| match error.kind() {
            jsonwebtoken::errors::ErrorKind::InvalidSignature => TokenError::Signature,
            jsonwebtoken::errors::ErrorKind::Json(_) => TokenError::Claims,
            _ => TokenError::Malformed,
        })?;
        self.check(&claims.claims, now)?;
        Ok(claims.claims)
    }

    fn check(&self, claims: &Claims, now: i64) -> Result<(), TokenError> {
        if !claims.is_current(now) {
            return Err(TokenError::Expired);
        }
        let ours = claims.iss == self.issuer
            && claims.aud == "authenticated"
            && claims.role == "authenticated"
            && !claims.is_anonymous
            && !claims.email.is_empty()
            && claims.nbf.is_none_or(|nbf| nbf <= now + LEEWAY_SECONDS);
        if ours {
            Ok(())
        } else {
            Err(TokenError::Claims)
        }
    }
}

#[cfg(test)]
#[path = "token_tests.rs"]
mod tests;
