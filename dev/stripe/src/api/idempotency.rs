//! `Idempotency-Key`: the same call again gets the same answer, and another call is refused.
//!
//! The answer is stored in the call's own transaction, so that a key is known exactly when its effects are.
//! Refused calls are not stored, as with Stripe, and may be repeated with better parameters; what a bank said is.

use http::HeaderMap;
use http::StatusCode;
use serde_json::Value;
use sha2::Digest;
use sha2::Sha256;

use crate::api::error::ApiError;
use crate::api::error::ApiResult;
use crate::work::Work;

const MAX_KEY_CHARS: usize = 255;
/// By the stand-in's clock.
const KEPT_SECONDS: i64 = 24 * 3_600;

/// A call that may be repeated.
pub(crate) struct Key {
    pub(crate) text: String,
    fingerprint: String,
}

/// An answer from before.
pub(crate) struct Replay {
    pub(crate) status: StatusCode,
    pub(crate) body: Value,
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
        let statement = "SELECT fingerprint, request_id, answer, status FROM idempotency_keys
            WHERE key = $1 AND kept_until > $2";
        let row = work
            .sql()
            .query_opt(statement, &[&self.text, &work.clock()])
            .await?;
        let Some(row) = row else { return Ok(None) };
        if row.get::<_, String>("fingerprint") != self.fingerprint {
            return Err(ApiError::idempotency_mismatch());
        }
        let status = u16::try_from(row.get::<_, i16>("status")).unwrap_or_default();
        Ok(Some(Replay {
            status: StatusCode::from_u16(status).unwrap_or_default(),
            body: row.get("answer"),
            request_id: row.get("request_id"),
        }))
    }

    /// Keeps an answer for a day; what is older is forgotten.
    pub(crate) async fn store(
        &self,
        work: &Work<'_>,
        request_id: &str,
        (status, body): (StatusCode, &Value),
    ) -> ApiResult<()> {
        let forget = "DELETE FROM idempotency_keys WHERE kept_until <= $1";
        work.sql().execute(forget, &[&work.clock()]).await?;
        let statement = "INSERT INTO idempotency_keys
                (key, fingerprint, request_id, status, answer, kept_until)
            VALUES ($1, $2, $3, $4, $5, $6)";
        let status = i16::try_from(status.as_u16()).unwrap_or_default();
        let kept_until = work.clock() + KEPT_SECONDS;
        work.sql()
            .execute(
                statement,
                &[
                    &self.text,
                    &self.fingerprint,
                    &request_id,
                    &status,
                    body,
                    &kept_until,
                ],
            )
            .await?;
        Ok(())
    }
}
