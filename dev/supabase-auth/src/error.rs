//! Everything that can happen to a caller, each with its status, code and message.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use tokio_postgres::error::SqlState;

use crate::shape;

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
    #[error("Signups not allowed for this instance")]
    SignupDisabled,
    #[error("Anonymous sign-ins are disabled")]
    AnonymousDisabled,
    #[error("{0}")]
    PhoneDisabled(&'static str),
    #[error("Provider is not enabled")]
    ProviderDisabled,
    #[error("Web3 provider is disabled")]
    Web3Disabled,
    #[error("SAML 2.0 is disabled")]
    SamlDisabled,
    #[error("Manual linking is disabled")]
    LinkingDisabled,
    #[error("MFA enroll is disabled for TOTP")]
    FactorsDisabled,
    #[error("Factor not found")]
    FactorNotFound,
    #[error("factor_id must be a UUID")]
    FactorIdNotUuid,
    #[error("OAuth state parameter missing")]
    NoOauthState,
    #[error("invalid flow state, no valid flow state found")]
    FlowStateNotFound,
    #[error("invalid flow state, flow state has expired")]
    FlowStateExpired,
    #[error("code challenge does not match previously saved code verifier")]
    BadCodeVerifier,
    #[error("Password should be at least 6 characters.")]
    WeakPassword,
    #[error("New password should be different from the old password.")]
    SamePassword,
    #[error("Password update requires reauthentication")]
    ReauthenticationNeeded,
    #[error("Nonce has expired or is invalid")]
    NonceInvalid,
    #[error("Current password is required to set a new one")]
    CurrentPasswordRequired,
    #[error("Current password is not the one given")]
    CurrentPasswordInvalid,
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
    #[error("Invalid Refresh Token: Session Expired{0}")]
    SessionExpired(&'static str),
    #[error("Invalid Refresh Token: User Banned")]
    BannedAtRefresh,
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
    #[error("For security purposes, you can only request this after {0} seconds.")]
    MailTooSoon(i64),
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
            Self::BannedAtSignIn | Self::BannedAtRefresh => (S::BAD_REQUEST, "user_banned"),
            Self::Banned => (S::FORBIDDEN, "user_banned"),
            Self::Invalid(_) => (S::BAD_REQUEST, "validation_failed"),
            Self::BadJson(_) => (S::BAD_REQUEST, "bad_json"),
            Self::BodyTooLarge => (S::PAYLOAD_TOO_LARGE, "request_entity_too_large"),
            Self::AlreadyRegistered | Self::IdExists => {
                (S::UNPROCESSABLE_ENTITY, "user_already_exists")
            }
            Self::EmailExists => (S::UNPROCESSABLE_ENTITY, "email_exists"),
            Self::SignupDisabled => (S::UNPROCESSABLE_ENTITY, "signup_disabled"),
            Self::PhoneDisabled(_) => (S::BAD_REQUEST, "phone_provider_disabled"),
            Self::ProviderDisabled => (S::BAD_REQUEST, "provider_disabled"),
            Self::Web3Disabled => (S::UNPROCESSABLE_ENTITY, "web3_provider_disabled"),
            Self::SamlDisabled => (S::NOT_FOUND, "saml_provider_disabled"),
            Self::LinkingDisabled => (S::NOT_FOUND, "manual_linking_disabled"),
            Self::FactorsDisabled => (S::UNPROCESSABLE_ENTITY, "mfa_totp_enroll_not_enabled"),
            Self::FactorNotFound => (S::NOT_FOUND, "mfa_factor_not_found"),
            Self::NoOauthState => (S::BAD_REQUEST, "bad_oauth_callback"),
            Self::FlowStateNotFound => (S::NOT_FOUND, "flow_state_not_found"),
            Self::FlowStateExpired => (S::UNPROCESSABLE_ENTITY, "flow_state_expired"),
            Self::BadCodeVerifier => (S::BAD_REQUEST, "bad_code_verifier"),
            Self::ReauthenticationNeeded => (S::BAD_REQUEST, "reauthentication_needed"),
            Self::NonceInvalid => (S::UNPROCESSABLE_ENTITY, "reauthentication_not_valid"),
            Self::CurrentPasswordRequired => (S::BAD_REQUEST, "current_password_required"),
            Self::CurrentPasswordInvalid => (S::BAD_REQUEST, "current_password_invalid"),
            Self::AnonymousDisabled => (S::UNPROCESSABLE_ENTITY, "anonymous_provider_disabled"),
            Self::WeakPassword => (S::UNPROCESSABLE_ENTITY, "weak_password"),
            Self::SamePassword => (S::UNPROCESSABLE_ENTITY, "same_password"),
            Self::NoAuthorization => (S::UNAUTHORIZED, "no_authorization"),
            Self::BadJwt(_) => (S::FORBIDDEN, "bad_jwt"),
            Self::CallerGone => (S::FORBIDDEN, "user_not_found"),
            Self::SessionGone => (S::FORBIDDEN, "session_not_found"),
            Self::NotAdmin => (S::FORBIDDEN, "not_admin"),
            Self::UserNotFound => (S::NOT_FOUND, "user_not_found"),
            Self::UserIdNotUuid | Self::FactorIdNotUuid => (S::NOT_FOUND, "validation_failed"),
            Self::RefreshTokenNotFound => (S::BAD_REQUEST, "refresh_token_not_found"),
            Self::RefreshTokenAlreadyUsed => (S::BAD_REQUEST, "refresh_token_already_used"),
            Self::SessionExpired(_) => (S::BAD_REQUEST, "session_expired"),
            Self::CodeExpired | Self::LinkExpired => (S::FORBIDDEN, "otp_expired"),
            Self::OtpDisabled => (S::UNPROCESSABLE_ENTITY, "otp_disabled"),
            Self::Conflict => (S::CONFLICT, "conflict"),
            Self::RateLimit => (S::TOO_MANY_REQUESTS, "over_request_rate_limit"),
            Self::MailTooSoon(_) => (S::TOO_MANY_REQUESTS, "over_email_send_rate_limit"),
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

/// Whether the server is going, gone or not yet here (class 08, 57P0x), or has no room left (class 53).
fn is_loss(error: &tokio_postgres::Error) -> bool {
    let by_state = error.code().is_some_and(|state| {
        state.code().starts_with("08")
            || state.code().starts_with("57P0")
            || state.code().starts_with("53")
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
        let is_weak_password = matches!(self, Self::WeakPassword);
        shape::refusal(status, code, self.to_string(), is_weak_password)
    }
}
