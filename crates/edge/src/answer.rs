//! Answers.

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde::Serialize;

use crate::Error;

/// Seconds after which a dependency that is down is worth another try.
pub(crate) const RETRY_SECONDS: u32 = 5;

/// What a handler answers. The headers that all answers have are added later.
#[derive(Debug)]
pub struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    /// A body of any type.
    pub fn new(status: StatusCode, content_type: &'static str, body: impl Into<Bytes>) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        Self {
            status,
            headers,
            body: body.into(),
        }
    }

    /// 200 with JSON.
    pub fn ok(value: &impl Serialize) -> Result<Self, Error> {
        Self::json(StatusCode::OK, value)
    }

    /// 202 with JSON: recorded, and on its way.
    pub fn accepted(value: &impl Serialize) -> Result<Self, Error> {
        Self::json(StatusCode::ACCEPTED, value)
    }

    /// 503 with JSON, and when to come back.
    pub fn unavailable(value: &impl Serialize) -> Result<Self, Error> {
        let answer = Self::json(StatusCode::SERVICE_UNAVAILABLE, value)?;
        Ok(answer.with_header(RETRY_AFTER, &RETRY_SECONDS.to_string()))
    }

    fn json(status: StatusCode, value: &impl Serialize) -> Result<Self, Error> {
        let body = serde_json::to_vec(value).map_err(|error| Error::Internal(error.to_string()))?;
        Ok(Self::new(status, "application/json", body))
    }

    /// No body.
    pub fn empty(status: StatusCode) -> Self {
        Self {
            status,
            headers: HeaderMap::new(),
            body: Bytes::new(),
        }
    }

    /// Adds or replaces a header; a value that is no header value is left out.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(name, value);
        }
        self
    }

    /// Says how many rows there are in all.
    #[must_use]
    pub fn with_total(self, total: i64) -> Self {
        self.with_header(HeaderName::from_static("x-total-count"), &total.to_string())
    }

    /// Says how long it may be kept by whom, instead of `no-store`.
    #[must_use]
    pub fn cached(self, cache_control: &'static str) -> Self {
        self.with_header(CACHE_CONTROL, cache_control)
    }
}
