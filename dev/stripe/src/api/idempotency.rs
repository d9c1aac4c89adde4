//! `Idempotency-Key`: the same call again gets the same answer, and another call is refused.
//!
//! The answer is stored in the call's own transaction, so that a key is known exactly when its effects are.
//! Refused calls are not stored, as with Stripe, and may be repeated with better parameters.

use http::HeaderMap;
use serde_json::Value;
use sha2::Digest;
use sha2::Sha256;

use crate::api::error::ApiError;
use crate::api::error::ApiResult;
use crate::work::Work;

const MAX_KEY_CHARS: usize = 255;

/// A call that may be repeated.
pub(crate) struct Key {
    pub(crate) text: String,
    fingerprint: String,
}

/// An answer from before.
pub(crate) struct Replay {
    pub(crate) answer: Value,
    pub(crate) request_id: String,
}

impl Key {
    pub(crate) fn of(headers: &HeaderMap, path: &str, body: &[u8]) -> ApiResult<Option<Self>> {
        let Some(value) = headers.get("idempotency-key") else {
            return Ok(None);
        };
        let text = value.to_str().unwrap_or_default();
        if text.is_empty() || text.len() > MAX_KEY_CHARS {
            return Err(ApiError::request(
                "An idempotency key has 1 to 255 visible characters",
            ));
        }
        let mut digest = Sha256::new();
        digest.update(path);
        digest.update([0]);
        digest.update(body);
        let fingerprint = hex::encode(digest.finalize());
        Ok(Some(Self {
            text: text.to_owned(),
            fingerprint,
        }))
    }

    /// Looks for an answer from before. While another call of this key runs, it answers 409.
    pub(crate) async fn begin(&self, work: &Work<'_>) -> ApiResult<Option<Replay>> {
        let statement = "SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0))";
        let is_ours: bool = work.sql().query_one(statement, &[&self.text]).await?.get(0);
        if !is_ours {
            return Err(ApiError::idempotency_in_use());
        }
        let statement = "SELECT fingerprint, request_id, answer FROM idempotency_keys
            WHERE key = $1";
        let Some(row) = work.sql().query_opt(statement, &[&self.text]).await? else {
            return Ok(None);
        };
        if row.get::<_, String>("fingerprint") != self.fingerprint {
            return Err(ApiError::idempotency_mismatch());
        }
        Ok(Some(Replay {
            answer: row.get("answer"),
            request_id: row.get("request_id"),
        }))
    }

    pub(crate) async fn store(
        &self,
        work: &Work<'_>,
        request_id: &str,
        answer: &Value,
    ) -> ApiResult<()> {
        let statement = "INSERT INTO idempotency_keys (key, fingerprint, request_id, answer)
            VALUES ($1, $2, $3, $4)";
        work.sql()
            .execute(
                statement,
                &[&self.text, &self.fingerprint, &request_id, answer],
            )
            .await?;
        Ok(())
    }
}
