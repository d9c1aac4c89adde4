//! Everything that can happen to a caller, in OpenAI's envelope.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// What went wrong, as the caller may know it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("You didn't provide an API key: send it as `Authorization: Bearer KEY`.")]
    NoKey,
    #[error("Incorrect API key provided.")]
    WrongKey,
    #[error("We could not parse the JSON body of your request: {0}")]
    NoJson(String),
    #[error("{message}")]
    Invalid {
        message: String,
        /// The field of the body that is to blame.
        param: Option<&'static str>,
    },
    #[error("The request body is larger than 32 MiB.")]
    TooLarge,
    #[error("The request body did not arrive in time.")]
    Slow,
    #[error("Invalid URL ({method} {path})")]
    NoRoute { method: String, path: String },
    #[error("Not allowed to {method} here.")]
    NoMethod { method: String },
}

impl Error {
    /// A request that cannot be answered, no single field being to blame.
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::Invalid {
            message: message.into(),
            param: None,
        }
    }

    /// A field that cannot be answered.
    pub(crate) fn field(param: &'static str, message: impl Into<String>) -> Self {
        Self::Invalid {
            message: message.into(),
            param: Some(param),
        }
    }

    /// The one table from outcome to status and code.
    fn status_and_code(&self) -> (StatusCode, Option<&'static str>) {
        use StatusCode as S;
        match self {
            Self::NoKey => (S::UNAUTHORIZED, None),
            Self::WrongKey => (S::UNAUTHORIZED, Some("invalid_api_key")),
            Self::NoJson(_) => (S::BAD_REQUEST, None),
            Self::Invalid { param, .. } => (S::BAD_REQUEST, param.map(|_| "invalid_value")),
            Self::TooLarge => (S::PAYLOAD_TOO_LARGE, None),
            Self::Slow => (S::REQUEST_TIMEOUT, None),
            Self::NoRoute { .. } => (S::NOT_FOUND, Some("unknown_url")),
            Self::NoMethod { .. } => (S::METHOD_NOT_ALLOWED, Some("method_not_supported")),
        }
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let (status, code) = self.status_and_code();
        tracing::debug!(%self, %status, "request refused");
        let param = match &self {
            Self::Invalid { param, .. } => *param,
            _ => None,
        };
        let body = json!({ "error": {
            "message": self.to_string(), "type": "invalid_request_error", "param": param, "code": code,
        }});
        (status, Json(body)).into_response()
    }
}
