//! Requests to other parts.

use std::fmt::Display;

use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use http::{Request, Response};
use http_body_util::{BodyStream, Full};
use spin_sdk::wasip3::http::types::RequestOptions;
use spin_sdk::wasip3::http_compat::RequestOptionsExtension;
use stripe::{Transport, TransportError};

/// Nanoseconds for each part of a request (connect, first byte, between bytes); Spin's default is ten minutes.
const PATIENCE_NS: u64 = 10_000_000_000;

/// Largest answer that is read.
const LARGEST_ANSWER: usize = 4 * 1024 * 1024;

/// An HTTP client over the runtime's.
#[derive(Debug, Clone, Copy)]
pub struct Outbound {
    patience_ns: u64,
}

impl Default for Outbound {
    fn default() -> Self {
        Self {
            patience_ns: PATIENCE_NS,
        }
    }
}

/// An answer, read whole.
#[derive(Debug, Clone)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// At most 4 MiB.
    pub body: Bytes,
}

impl Outbound {
    /// As this one, but giving up after so many seconds of silence.
    #[must_use]
    pub fn with_patience(self, seconds: u64) -> Self {
        Self {
            patience_ns: seconds.saturating_mul(1_000_000_000),
        }
    }

    /// Fetches a URL. The error is text for the log.
    pub async fn get(self, url: &str) -> Result<Reply, String> {
        let request = Request::get(url).body(Bytes::new()).map_err(text)?;
        let answer = self.exchange(request).await?;
        Ok(Reply {
            status: answer.status().as_u16(),
            body: answer.into_body(),
        })
    }

    async fn exchange(self, request: Request<Bytes>) -> Result<Response<Bytes>, String> {
        let mut request = request.map(Full::new);
        request.extensions_mut().insert(self.options()?);
        let answer = spin_sdk::http::send(request).await.map_err(text)?;
        let (parts, body) = answer.into_parts();
        let mut frames = BodyStream::new(body);
        let mut all = BytesMut::new();
        while let Some(frame) = frames.next().await {
            let Ok(data) = frame.map_err(text)?.into_data() else {
                continue;
            };
            if all.len() + data.len() > LARGEST_ANSWER {
                return Err("the answer is too large".to_owned());
            }
            all.extend_from_slice(&data);
        }
        Ok(Response::from_parts(parts, all.freeze()))
    }

    fn options(self) -> Result<RequestOptionsExtension, String> {
        let options = RequestOptions::new();
        let set =
            |outcome: Result<(), _>| outcome.map_err(|_| "timeouts are not supported".to_owned());
        set(options.set_connect_timeout(Some(self.patience_ns)))?;
        set(options.set_first_byte_timeout(Some(self.patience_ns)))?;
        set(options.set_between_bytes_timeout(Some(self.patience_ns)))?;
        Ok(RequestOptionsExtension(options))
    }
}

fn text(error: impl Display) -> String {
    error.to_string()
}

impl Transport for Outbound {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
        self.exchange(request).await.map_err(TransportError::new)
    }
}
