//! What can go wrong with a call, sorted by what the caller can do about it.

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use http::Response;
use http::StatusCode;
use serde::Deserialize;

/// A request that got no answer: connection refused, timeout, broken body.
pub struct TransportError(Box<dyn StdError + Send + Sync>);

impl TransportError {
    /// Wraps what the HTTP library said.
    pub fn new(cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self(cause.into())
    }
}

impl fmt::Debug for TransportError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, formatter)
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, formatter)
    }
}

impl StdError for TransportError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source()
    }
}

/// Why a call failed. Its texts are for the log, never for a customer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The request cannot be built from these values; sending it again cannot help.
    #[error("invalid value for Stripe: {0}")]
    InvalidRequest(&'static str),
    /// No answer came. The call may have happened: repeat it with the same idempotency key.
    #[error("no answer from Stripe")]
    Transport(#[source] TransportError),
    /// Too many requests (429).
    #[error("Stripe asks to slow down")]
    RateLimited {
        /// How long to wait, when Stripe says so.
        retry_after: Option<Duration>,
    },
    /// Stripe refused (4xx) or failed (5xx).
    #[error("Stripe answered {status} {}: {message}", code.as_deref().unwrap_or("without code"))]
    Api {
        /// The HTTP status.
        status: StatusCode,
        /// Stripe's stable code, such as `resource_missing`; the one to branch on.
        code: Option<String>,
        /// Stripe's sentence for developers.
        message: String,
        /// The parameter that was wrong.
        param: Option<String>,
        /// What `Stripe-Should-Retry` says, when present.
        should_retry: Option<bool>,
        /// Stripe's id of the request, for its support.
        request_id: Option<String>,
    },
    /// An answer that does not look like Stripe's: another server, or a changed API.
    #[error("unexpected answer from Stripe: {0}")]
    Unexpected(String),
}

impl Error {
    /// Whether the same call with the same idempotency key may succeed later.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Transport(_) | Self::RateLimited { .. } => true,
            Self::InvalidRequest(_) | Self::Unexpected(_) => false,
            Self::Api {
                status,
                should_retry,
                ..
            } => should_retry
                .unwrap_or_else(|| status.is_server_error() || *status == StatusCode::CONFLICT),
        }
    }

    /// Whether the customer's bank refused, or the customer has nothing to pay with.
    pub fn is_declined(&self) -> bool {
        matches!(self, Self::Api { status, .. } if *status == StatusCode::PAYMENT_REQUIRED)
    }

    /// Whether Stripe has no object of that id (any more).
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Api { status, .. } if *status == StatusCode::NOT_FOUND)
    }

    /// Reads an answer whose status is not a success.
    pub(crate) fn of_answer(answer: &Response<Bytes>) -> Self {
        let status = answer.status();
        if status == StatusCode::TOO_MANY_REQUESTS {
            let seconds =
                header(answer.headers(), "retry-after").and_then(|text| text.parse().ok());
            return Self::RateLimited {
                retry_after: seconds.map(Duration::from_secs),
            };
        }
        let Ok(envelope) = serde_json::from_slice::<Envelope>(answer.body()) else {
            return Self::unreadable(status);
        };
        Self::Api {
            status,
            code: envelope.error.code,
            message: envelope.error.message.unwrap_or_default(),
            param: envelope.error.param,
            should_retry: match header(answer.headers(), "stripe-should-retry") {
                Some("true") => Some(true),
                Some("false") => Some(false),
                _ => None,
            },
            request_id: header(answer.headers(), "request-id").map(str::to_owned),
        }
    }

    /// A proxy's 502 has no envelope and is still worth a retry; a foreign 404 or redirect is not.
    fn unreadable(status: StatusCode) -> Self {
        if !status.is_server_error() {
            return Self::Unexpected(format!("status {status} without an error object"));
        }
        Self::Api {
            status,
            code: None,
            message: "no error object in the answer".to_owned(),
            param: None,
            should_retry: None,
            request_id: None,
        }
    }
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

#[derive(Deserialize)]
struct Envelope {
    error: EnvelopeError,
}

#[derive(Deserialize)]
struct EnvelopeError {
    code: Option<String>,
    message: Option<String>,
    param: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, headers: &[(&str, &str)], body: &'static str) -> Response<Bytes> {
        let mut builder = Response::builder().status(status);
        for (name, value) in headers {
            builder = builder.header(*name, *value);
        }
        builder.body(Bytes::from_static(body.as_bytes())).unwrap()
    }

    #[test]
    fn refusals_carry_code_and_parameter_and_are_permanent() {
        let body = r#"{"error":{"type":"invalid_request_error","code":"resource_missing",
            "message":"No such price","param":"line_items[0][price]"}}"#;
        let error = Error::of_answer(&answer(404, &[("request-id", "req_1")], body));
        assert!(error.is_missing());
        assert!(!error.is_transient());
        let Error::Api {
            code,
            param,
            request_id,
            ..
        } = error
        else {
            panic!("{error:?}")
        };
        assert_eq!(code.as_deref(), Some("resource_missing"));
        assert_eq!(param.as_deref(), Some("line_items[0][price]"));
        assert_eq!(request_id.as_deref(), Some("req_1"));
    }

    #[test]
    fn rate_limits_say_how_long() {
        let error = Error::of_answer(&answer(429, &[("retry-after", "7")], "{}"));
        assert!(
            matches!(error, Error::RateLimited { retry_after: Some(wait) } if wait.as_secs() == 7)
        );
        let error = Error::of_answer(&answer(429, &[("retry-after", "soon")], ""));
        assert!(matches!(error, Error::RateLimited { retry_after: None }));
        assert!(error.is_transient());
    }

    #[test]
    fn server_errors_and_conflicts_are_transient_unless_stripe_says_otherwise() {
        let body = r#"{"error":{"message":"x"}}"#;
        assert!(Error::of_answer(&answer(500, &[], body)).is_transient());
        assert!(Error::of_answer(&answer(409, &[], body)).is_transient());
        assert!(Error::of_answer(&answer(502, &[], "<html>")).is_transient());
        assert!(!Error::of_answer(&answer(402, &[], body)).is_transient());
        let never = [("stripe-should-retry", "false")];
        assert!(!Error::of_answer(&answer(500, &never, body)).is_transient());
        let again = [("stripe-should-retry", "true")];
        assert!(Error::of_answer(&answer(400, &again, body)).is_transient());
    }

    #[test]
    fn answers_of_other_servers_are_unexpected() {
        for status in [301, 400, 404] {
            let error = Error::of_answer(&answer(status, &[], "<html>not Stripe"));
            assert!(matches!(error, Error::Unexpected(_)), "{error:?}");
            assert!(!error.is_transient());
        }
    }
}
