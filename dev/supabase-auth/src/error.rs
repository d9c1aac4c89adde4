//! Everything that can happen to a caller, each with its status, code and message, in the two shapes
//! that clients of different ages expect.

use axum::Json;
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde_json::json;
use tokio_postgres::error::SqlState;

/// The request header that chooses the shape of errors, and that the answer repeats.
pub(crate) const API_VERSION: HeaderName = HeaderName::from_static("x-supabase-api-version");
/// Carries the code of an error in either shape.
pub(crate) const ERROR_CODE: HeaderName = HeaderName::from_static("x-sb-error-code");
/// The version from which `code` is a word, not the status.
const NEW_SHAPE: &str = "2024-01-01";

/// What went wrong, as the caller may know it (`Display`), with the cause for the log where it is ours.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("Invalid login credentials")]
    InvalidCredentials,
    #[error("unsupported_grant_type")]
    UnsupportedGrantType,
    #[error("Email not confirmed")]
    EmailNotConfirmed,
    #[error("User is banned")]
    BannedAtSignIn,
    #[error("User is banned")]
    Banned,
    #[error("{0}")]
    Invalid(&'static str),
    #[error("Could not parse request body as JSON: {0}")]
    BadJson(String),
    #[error("Request body exceeds 1 MB")]
    BodyTooLarge,
    #[error("User already registered")]
    AlreadyRegistered,
    #[error("A user with this email address has already been registered")]
    EmailExists,
    #[error("A user with this id has already been registered")]
    IdExists,
    #[error("Anonymous sign-ins are disabled")]
    AnonymousDisabled,
    #[error("Password should be at least 6 characters.")]
    WeakPassword,
    #[error("New password should be different from the old password.")]
    SamePassword,
    #[error("This endpoint requires a valid Bearer token")]
    NoAuthorization,
    #[error("invalid JWT: {0}")]
    BadJwt(&'static str),
    #[error("User from sub claim in JWT does not exist")]
    CallerGone,
    #[error("Session from session_id claim in JWT does not exist")]
    SessionGone,
    #[error("User not allowed")]
    NotAdmin,
    #[error("User not found")]
    UserNotFound,
    #[error("User ID must be a UUID")]
    UserIdNotUuid,
    #[error("Invalid Refresh Token: Refresh Token Not Found")]
    RefreshTokenNotFound,
    #[error("Invalid Refresh Token: Already Used")]
    RefreshTokenAlreadyUsed,
    #[error("Invalid Refresh Token: Session Expired")]
    SessionExpired,
    #[error("Token has expired or is invalid")]
    CodeExpired,
    #[error("Email link is invalid or has expired")]
    LinkExpired,
    #[error("Signups not allowed for otp")]
    OtpDisabled,
    #[error("Too many concurrent requests for one session, try again")]
    Conflict,
    #[error("Request rate limit reached")]
    RateLimit,
    #[error("no such route")]
    NoRoute,
    #[error("method not allowed")]
    NoMethod,
    #[error("the request took too long")]
    Timeout,
    #[error("the database is not reachable, try again")]
    Unavailable(#[source] anyhow::Error),
    #[error("unexpected failure, see the log")]
    Internal(#[source] anyhow::Error),
}

impl Error {
    /// The one table from outcome to status and code.
    fn status_and_code(&self) -> (StatusCode, &'static str) {
        use StatusCode as S;
        match self {
            Self::InvalidCredentials | Self::UnsupportedGrantType => {
                (S::BAD_REQUEST, "invalid_credentials")
            }
            Self::EmailNotConfirmed => (S::BAD_REQUEST, "email_not_confirmed"),
            Self::BannedAtSignIn => (S::BAD_REQUEST, "user_banned"),
            Self::Banned => (S::FORBIDDEN, "user_banned"),
            Self::Invalid(_) => (S::BAD_REQUEST, "validation_failed"),
            Self::BadJson(_) => (S::BAD_REQUEST, "bad_json"),
            Self::BodyTooLarge => (S::PAYLOAD_TOO_LARGE, "request_entity_too_large"),
            Self::AlreadyRegistered | Self::IdExists => {
                (S::UNPROCESSABLE_ENTITY, "user_already_exists")
            }
            Self::EmailExists => (S::UNPROCESSABLE_ENTITY, "email_exists"),
            Self::AnonymousDisabled => (S::UNPROCESSABLE_ENTITY, "anonymous_provider_disabled"),
            Self::WeakPassword => (S::UNPROCESSABLE_ENTITY, "weak_password"),
            Self::SamePassword => (S::UNPROCESSABLE_ENTITY, "same_password"),
            Self::NoAuthorization => (S::UNAUTHORIZED, "no_authorization"),
            Self::BadJwt(_) => (S::FORBIDDEN, "bad_jwt"),
            Self::CallerGone => (S::FORBIDDEN, "user_not_found"),
            Self::SessionGone => (S::FORBIDDEN, "session_not_found"),
            Self::NotAdmin => (S::FORBIDDEN, "not_admin"),
            Self::UserNotFound => (S::NOT_FOUND, "user_not_found"),
            Self::UserIdNotUuid => (S::NOT_FOUND, "validation_failed"),
            Self::RefreshTokenNotFound => (S::BAD_REQUEST, "refresh_token_not_found"),
            Self::RefreshTokenAlreadyUsed => (S::BAD_REQUEST, "refresh_token_already_used"),
            Self::SessionExpired => (S::BAD_REQUEST, "session_expired"),
            Self::CodeExpired | Self::LinkExpired => (S::FORBIDDEN, "otp_expired"),
            Self::OtpDisabled => (S::UNPROCESSABLE_ENTITY, "otp_disabled"),
            Self::Conflict => (S::CONFLICT, "conflict"),
            Self::RateLimit => (S::TOO_MANY_REQUESTS, "over_request_rate_limit"),
            Self::NoRoute => (S::NOT_FOUND, "not_found"),
            Self::NoMethod => (S::METHOD_NOT_ALLOWED, "method_not_allowed"),
            Self::Timeout => (S::GATEWAY_TIMEOUT, "request_timeout"),
            Self::Unavailable(_) => (S::SERVICE_UNAVAILABLE, "unexpected_failure"),
            Self::Internal(_) => (S::INTERNAL_SERVER_ERROR, "unexpected_failure"),
        }
    }

    /// The code alone, for the fragment of a redirect.
    pub(crate) fn code(&self) -> &'static str {
        self.status_and_code().1
    }
}

impl From<tokio_postgres::Error> for Error {
    fn from(error: tokio_postgres::Error) -> Self {
        match error.code() {
            Some(&SqlState::LOCK_NOT_AVAILABLE | &SqlState::T_R_DEADLOCK_DETECTED) => {
                Self::Conflict
            }
            Some(&SqlState::QUERY_CANCELED) => Self::Timeout,
            // PostgreSQL keeps no NUL in text, which JSON can carry.
            Some(&SqlState::UNTRANSLATABLE_CHARACTER | &SqlState::CHARACTER_NOT_IN_REPERTOIRE) => {
                Self::Invalid("the text holds characters that cannot be stored")
            }
            _ if is_loss(&error) => Self::Unavailable(error.into()),
            _ => Self::Internal(error.into()),
        }
    }
}

/// Whether the server is going, gone or not yet here (class 08, 57P0x), or takes no more connections.
fn is_loss(error: &tokio_postgres::Error) -> bool {
    let by_state = error.code().is_some_and(|state| {
        state.code().starts_with("08")
            || state.code().starts_with("57P0")
            || *state == SqlState::TOO_MANY_CONNECTIONS
    });
    let by_socket =
        std::error::Error::source(error).is_some_and(<dyn std::error::Error>::is::<std::io::Error>);
    by_state || by_socket || error.is_closed()
}

impl From<deadpool_postgres::PoolError> for Error {
    fn from(error: deadpool_postgres::PoolError) -> Self {
        Self::Unavailable(error.into())
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let (status, code) = self.status_and_code();
        match &self {
            Self::Internal(cause) => {
                tracing::error!(cause = format!("{cause:#}"), "request failed");
            }
            Self::Unavailable(cause) => {
                tracing::warn!(cause = format!("{cause:#}"), "database away");
            }
            other => tracing::debug!(code, %other, "request refused"),
        }
        let body = Body {
            status,
            code,
            message: self.to_string(),
            weak_password: matches!(self, Self::WeakPassword),
        };
        let mut response = status.into_response();
        response
            .headers_mut()
            .insert(ERROR_CODE, HeaderValue::from_static(code));
        response.extensions_mut().insert(body);
        response
    }
}

/// An error on its way out; its shape depends on the request, which [`shape`] sees.
#[derive(Clone)]
struct Body {
    status: StatusCode,
    code: &'static str,
    message: String,
    weak_password: bool,
}

impl Body {
    fn json(&self, new_shape: bool) -> serde_json::Value {
        let mut body = if new_shape {
            json!({ "code": self.code, "message": self.message })
        } else {
            json!({ "code": self.status.as_u16(), "error_code": self.code, "msg": self.message })
        };
        if self.weak_password {
            body["weak_password"] = json!({ "reasons": ["length"] });
        }
        body
    }
}

/// Middleware: writes errors in the shape that the request's API version asks for, and repeats it.
pub(crate) async fn shape(request: Request, next: Next) -> Response {
    let new_shape = request
        .headers()
        .get(API_VERSION)
        .and_then(|version| version.to_str().ok())
        // Dates as YYYY-MM-DD compare as text; anything else is no version.
        .is_some_and(|version| is_date(version) && version >= NEW_SHAPE);
    let mut response = next.run(request).await;
    if let Some(error) = response.extensions_mut().remove::<Body>() {
        let headers = std::mem::take(response.headers_mut());
        response = (error.status, Json(error.json(new_shape))).into_response();
        for (name, value) in &headers {
            if name != "content-length" {
                response.headers_mut().insert(name, value.clone());
            }
        }
    }
    if new_shape {
        response
            .headers_mut()
            .insert(API_VERSION, HeaderValue::from_static(NEW_SHAPE));
    }
    response
}

fn is_date(text: &str) -> bool {
    text.len() == 10
        && text.bytes().enumerate().all(|(at, byte)| match at {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        })
}
