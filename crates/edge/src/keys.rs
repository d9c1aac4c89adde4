//! The auth service's keys and the tokens that were verified with them, kept for the life of the instance.
//!
//! Both are the same for every request: a key set is public, and a token proves the same to whoever shows it.
//! An ES256 check costs about a millisecond in WASM, hence the cache; `exp` is looked at on every hit, and the
//! state of the account is read from the database on every request all the same.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use auth::{AccountCaller, Claims, KeySet, TokenError, Verifier};
use sha2::{Digest, Sha256};

use crate::context::now;
use crate::{Context, Error};

/// Seconds for which keys are used before they are fetched again.
const FRESH_SECONDS: i64 = 600;
/// Seconds between two fetches that an unknown key causes, so that forged tokens cannot make many.
const REFETCH_SECONDS: i64 = 30;
/// Verified tokens that are kept.
const MOST_TOKENS: usize = 512;

thread_local! {
    static VERIFIER: RefCell<Option<Rc<Verifier>>> = const { RefCell::new(None) };
    static FETCHED_AT: Cell<i64> = const { Cell::new(0) };
    static TRIED_AT: Cell<i64> = const { Cell::new(0) };
    static TOKENS: RefCell<HashMap<[u8; 32], Claims>> = RefCell::new(HashMap::new());
}

/// The caller that a token proves.
pub(crate) async fn verify(context: &Context, token: &str) -> Result<AccountCaller, Error> {
    let now = now();
    let digest: [u8; 32] = Sha256::digest(token.as_bytes()).into();
    let verifier = verifier(context, now).await?;
    let known = TOKENS.with_borrow(|tokens| tokens.get(&digest).cloned());
    if let Some(claims) = known {
        return if claims.is_current(now) {
            context.noted.token_known.set(Some(true));
            Ok(claims.caller())
        } else {
            Err(refuse(TokenError::Expired))
        };
    }
    let claims = match verifier.verify(token, now) {
        Err(TokenError::UnknownKey) => refetch(context, now)
            .await?
            .verify(token, now)
            .map_err(refuse)?,
        outcome => outcome.map_err(refuse)?,
    };
    context.noted.token_known.set(Some(false));
    let caller = claims.caller();
    TOKENS.with_borrow_mut(|tokens| {
        if tokens.len() >= MOST_TOKENS {
            tokens.clear();
        }
        tokens.insert(digest, claims);
    });
    Ok(caller)
}

/// Whether the keys can be had.
pub(crate) async fn available(context: &Context) -> bool {
    verifier(context, now()).await.is_ok()
}

fn refuse(error: TokenError) -> Error {
    Error::Unauthenticated(match error {
        TokenError::Malformed => "token is malformed",
        TokenError::UnknownKey => "token names an unknown key",
        TokenError::Signature => "token's signature is wrong",
        TokenError::Expired => "token has expired",
        TokenError::Claims => "token's claims are not ours",
    })
}

/// The present keys; stale ones when fresh ones cannot be had.
async fn verifier(context: &Context, now: i64) -> Result<Rc<Verifier>, Error> {
    let kept = VERIFIER.with_borrow(Clone::clone);
    match kept {
        Some(kept) if now - FETCHED_AT.get() < FRESH_SECONDS => Ok(kept),
        Some(kept) if now - TRIED_AT.get() < REFETCH_SECONDS => Ok(kept),
        Some(kept) => Ok(fetch(context, now).await.unwrap_or(kept)),
        None => fetch(context, now).await,
    }
}

async fn refetch(context: &Context, now: i64) -> Result<Rc<Verifier>, Error> {
    if now - TRIED_AT.get() < REFETCH_SECONDS {
        return verifier(context, now).await;
    }
    match fetch(context, now).await {
        Ok(fresh) => Ok(fresh),
        Err(_) => verifier(context, now).await,
    }
}

async fn fetch(context: &Context, now: i64) -> Result<Rc<Verifier>, Error> {
    TRIED_AT.set(now);
    let base = context.settings.required("auth_internal_url").await?;
    let issuer = context.settings.required("auth_issuer").await?;
    let legacy_secret = context.settings.get("auth_jwt_secret").await?;
    let url = format!(
        "{}/auth/v1/.well-known/jwks.json",
        base.trim_end_matches('/')
    );
    let unavailable = |cause: String| Error::Unavailable("The sign-in service", cause);
    let reply = context.outbound().get(&url).await.map_err(unavailable)?;
    if reply.status != 200 {
        return Err(unavailable(format!("status {}", reply.status)));
    }
    let keys = KeySet::parse(&reply.body).map_err(|error| unavailable(error.to_string()))?;
    if keys.is_empty() && legacy_secret.is_empty() {
        return Err(unavailable("no usable key".to_owned()));
    }
    let verifier = Rc::new(Verifier::new(keys, &legacy_secret, &issuer));
    VERIFIER.set(Some(Rc::clone(&verifier)));
    FETCHED_AT.set(now);
    // what another key proved may not hold any more
    TOKENS.with_borrow_mut(HashMap::clear);
    Ok(verifier)
}
