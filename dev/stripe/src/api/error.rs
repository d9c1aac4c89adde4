//! Stripe's error envelope.

use axum::Json;
use axum::response::IntoResponse;
use axum::response::Response;
use http::StatusCode;
use serde_json::Value;
use serde_json::json;

use crate::billing::cards::Decline;

/// Why a call does not get what it asked for.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ApiError {
    /// The caller's fault.
    #[error("refused: {}", .0.message)]
    Refused(Box<Refusal>),
    /// Ours.
    #[error("internal error")]
    Internal(#[source] anyhow::Error),
}

/// What the caller is told.
#[derive(Debug)]
pub(crate) struct Refusal {
    status: StatusCode,
    kind: &'static str,
    code: Option<&'static str>,
    message: String,
    param: Option<String>,
    decline_code: Option<&'static str>,
}

pub(crate) type ApiResult<T> = Result<T, ApiError>;

impl ApiError {
    fn refused(
        status: StatusCode,
        kind: &'static str,
        code: Option<&'static str>,
        message: String,
        param: Option<&str>,
    ) -> Self {
        let param = param.map(str::to_owned);
        Self::Refused(Box::new(Refusal {
            status,
            kind,
            code,
            message,
            param,
            decline_code: None,
        }))
    }

    /// The bank says no (402).
    pub(crate) fn declined(why: &Decline) -> Self {
        Self::Refused(Box::new(Refusal {
            status: StatusCode::PAYMENT_REQUIRED,
            kind: "card_error",
            code: Some(why.code),
            message: why.message.to_owned(),
            param: None,
            decline_code: Some(why.reason),
        }))
    }

    /// Too many calls (429).
    pub(crate) fn rate_limited() -> Self {
        let message =
            "Request rate limit exceeded. Learn more about rate limits in Stripe's documentation.";
        Self::refused(
            StatusCode::TOO_MANY_REQUESTS,
            "invalid_request_error",
            Some("rate_limit"),
            message.to_owned(),
            None,
        )
    }

    /// The state of things forbids it (400), with Stripe's code for that.
    pub(crate) fn coded(code: &'static str, message: impl Into<String>) -> Self {
        let kind = "invalid_request_error";
        Self::refused(
            StatusCode::BAD_REQUEST,
            kind,
            Some(code),
            message.into(),
            None,
        )
    }

    /// A parameter that is wrong, with Stripe's code where it has one.
    pub(crate) fn parameter(
        code: impl Into<Option<&'static str>>,
        param: &str,
        message: impl Into<String>,
    ) -> Self {
        let kind = "invalid_request_error";
        Self::refused(
            StatusCode::BAD_REQUEST,
            kind,
            code.into(),
            message.into(),
            Some(param),
        )
    }

    /// A request that is wrong as a whole.
    pub(crate) fn request(message: impl Into<String>) -> Self {
        let kind = "invalid_request_error";
        Self::refused(StatusCode::BAD_REQUEST, kind, None, message.into(), None)
    }

    /// The id in the path names nothing (404).
    pub(crate) fn missing(kind: &str, id: &str) -> Self {
        let message = format!("No such {kind}: '{id}'");
        let code = Some("resource_missing");
        Self::refused(
            StatusCode::NOT_FOUND,
            "invalid_request_error",
            code,
            message,
            Some("id"),
        )
    }

    /// The id in a parameter names nothing (400).
    pub(crate) fn missing_parameter(kind: &str, id: &str, param: &str) -> Self {
        Self::parameter("resource_missing", param, format!("No such {kind}: '{id}'"))
    }

    pub(crate) fn unknown_url(method: &http::Method, path: &str) -> Self {
        let message = format!("Unrecognized request URL ({method}: {path}).");
        Self::refused(
            StatusCode::NOT_FOUND,
            "invalid_request_error",
            None,
            message,
            None,
        )
    }

    pub(crate) fn unauthorized(message: impl Into<String>) -> Self {
        let kind = "invalid_request_error";
        Self::refused(StatusCode::UNAUTHORIZED, kind, None, message.into(), None)
    }

    pub(crate) fn too_large() -> Self {
        let message = "Request entity too large".to_owned();
        let kind = "invalid_request_error";
        Self::refused(StatusCode::PAYLOAD_TOO_LARGE, kind, None, message, None)
    }

    pub(crate) fn idempotency_mismatch() -> Self {
        let message = "Keys for idempotent requests can only be used with the same parameters \
                       they were first used with."
            .to_owned();
        Self::refused(
            StatusCode::BAD_REQUEST,
            "idempotency_error",
            None,
            message,
            None,
        )
    }

    pub(crate) fn idempotency_in_use() -> Self {
        let message =
            "There is currently another in-progress request using this Idempotency-Key.".to_owned();
        let code = Some("idempotency_key_in_use");
        Self::refused(
            StatusCode::CONFLICT,
            "idempotency_error",
            code,
            message,
            None,
        )
    }
}

impl From<tokio_postgres::Error> for ApiError {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Internal(anyhow::Error::new(error).context("use the database"))
    }
}

impl From<anyhow::Error> for ApiError {
    fn from(error: anyhow::Error) -> Self {
        Self::Internal(error)
    }
}

impl ApiError {
    /// Whether a call came as far as the bank, so that its answer is kept for its idempotency key.
    pub(crate) fn is_decline(&self) -> bool {
        matches!(self, Self::Refused(refusal) if refusal.kind == "card_error")
    }

    /// Status and body.
    pub(crate) fn into_parts(self) -> (StatusCode, Value) {
        let refusal = match self {
            Self::Refused(refusal) => *refusal,
            Self::Internal(error) => {
                tracing::error!(error = format!("{error:#}"), "request fails");
                Refusal {
                    status: StatusCode::INTERNAL_SERVER_ERROR,
                    kind: "api_error",
                    code: None,
                    message: "An unknown error occurred".to_owned(),
                    param: None,
                    decline_code: None,
                }
            }
        };
        let mut error = json!({ "type": refusal.kind, "message": refusal.message });
        if let Some(code) = refusal.code {
            error["code"] = code.into();
        }
        if let Some(param) = refusal.param {
            error["param"] = param.into();
        }
        if let Some(code) = refusal.decline_code {
            error["decline_code"] = code.into();
        }
        (refusal.status, json!({ "error": error }))
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let (status, body) = self.into_parts();
        (status, Json(body)).into_response()
    }
}
