//! Answers that a client may keep, and asks for again by their tag.

use edge::{Answer, ETAG, Error, Request, StatusCode};
use serde::Serialize;
use sha2::{Digest, Sha256};

/// Prices change with a release; five minutes old is fresh enough.
const CACHE: &str = "public, max-age=300";

/// 200, or 304 to a client that has it already.
pub(crate) fn answer(request: &Request, value: &impl Serialize) -> Result<Answer, Error> {
    Ok(Tagged::new(value)?.answer(request))
}

/// A value as it is sent, with its tag.
pub(crate) struct Tagged {
    body: Vec<u8>,
    etag: String,
}

impl Tagged {
    /// Writes a value.
    pub(crate) fn new(value: &impl Serialize) -> Result<Self, Error> {
        let body = serde_json::to_vec(value).map_err(|error| Error::Internal(error.to_string()))?;
        let etag = format!("\"{}\"", hex::encode(&Sha256::digest(&body)[..16]));
        Ok(Self { body, etag })
    }

    /// 200, or 304 to a client that has it already.
    pub(crate) fn answer(&self, request: &Request) -> Answer {
        let known = request.header("if-none-match").is_some_and(|tags| {
            tags.split(',')
                .any(|tag| tag.trim().trim_start_matches("W/") == self.etag || tag.trim() == "*")
        });
        let answer = if known {
            Answer::empty(StatusCode::NOT_MODIFIED)
        } else {
            Answer::new(StatusCode::OK, "application/json", self.body.clone())
        };
        answer.with_header(ETAG, &self.etag).cached(CACHE)
    }
}
