//! Errors to problem details: the one table of statuses, codes and texts.

use contract::{FieldError, Problem};
use http::StatusCode;
use http::header::{ALLOW, RETRY_AFTER};
use store::{Rate, Refusal};

use crate::answer::RETRY_SECONDS;
use crate::{Answer, Error};

struct Row {
    status: StatusCode,
    code: &'static str,
    detail: String,
}

fn row(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Row {
    Row {
        status,
        code,
        detail: detail.into(),
    }
}

/// The answer for an error.
pub(crate) fn answer(error: &Error, request_id: &str) -> Answer {
    let Row {
        status,
        code,
        detail,
    } = describe(error);
    let errors = match error {
        Error::Invalid { field, message } => {
            vec![FieldError {
                field: field.clone(),
                message: message.clone(),
            }]
        }
        Error::Refused(Refusal::ConfirmationDiffers | Refusal::AddressDiffers, _) => {
            vec![FieldError {
                field: "confirm".to_owned(),
                message: detail.clone(),
            }]
        }
        Error::Refused(Refusal::UnknownSort, _) => {
            vec![FieldError {
                field: "_sort".to_owned(),
                message: detail.clone(),
            }]
        }
        Error::Refused(Refusal::IdempotencyKeyReused, _) => {
            vec![FieldError {
                field: "Idempotency-Key".to_owned(),
                message: detail.clone(),
            }]
        }
        Error::NotSold(_) => {
            vec![FieldError {
                field: "tier".to_owned(),
                message: detail.clone(),
            }]
        }
        _ => Vec::new(),
    };
    let problem = Problem {
        kind: "about:blank".to_owned(),
        title: status.canonical_reason().unwrap_or("Problem").to_owned(),
        status: status.as_u16(),
        detail,
        code: code.to_owned(),
        request_id: request_id.to_owned(),
        errors,
    };
    let body = serde_json::to_vec(&problem).unwrap_or_default();
    let answer = Answer::new(status, "application/problem+json", body);
    match error {
        Error::MethodNotAllowed(methods) => answer.with_header(ALLOW, &methods.join(", ")),
        Error::Refused(Refusal::RateLimited, Some(Rate { reset, .. })) => {
            answer.with_header(RETRY_AFTER, &reset.to_string())
        }
        Error::Refused(Refusal::IdempotencyKeyInUse, _) => answer.with_header(RETRY_AFTER, "1"),
        _ if status == StatusCode::SERVICE_UNAVAILABLE => {
            answer.with_header(RETRY_AFTER, &RETRY_SECONDS.to_string())
        }
        _ => answer,
    }
}

fn describe(error: &Error) -> Row {
    use StatusCode as S;
    match error {
        Error::Malformed(detail) => row(S::BAD_REQUEST, "malformed", detail.clone()),
        Error::Invalid { field, message } => row(
            S::UNPROCESSABLE_ENTITY,
            "invalid_field",
            format!("`{field}` {message}."),
        ),
        Error::Unauthenticated(_) => row(
            S::UNAUTHORIZED,
            "unauthenticated",
            "Sign in: the access token is missing, wrong or has expired.",
        ),
        Error::Signature(_) => row(
            S::BAD_REQUEST,
            "invalid_signature",
            "The signature does not fit the body.",
        ),
        Error::BadIdempotencyKey => row(
            S::BAD_REQUEST,
            "invalid_idempotency_key",
            "Send one Idempotency-Key of 1 to 255 visible ASCII characters, or none.",
        ),
        Error::NotFound => row(S::NOT_FOUND, "not_found", "There is nothing here."),
        Error::MethodNotAllowed(methods) => row(
            S::METHOD_NOT_ALLOWED,
            "method_not_allowed",
            format!("Use {} here.", methods.join(" or ")),
        ),
        Error::TooLarge => row(
            S::PAYLOAD_TOO_LARGE,
            "body_too_large",
            "The body has more than 1 MiB.",
        ),
        Error::UnsupportedType => row(
            S::UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            "Send JSON with the content type application/json.",
        ),
        Error::NotSold(plan) => row(
            S::UNPROCESSABLE_ENTITY,
            "plan_not_sold",
            format!("The plan `{plan}` cannot be bought here. Ask us about it."),
        ),
        Error::Refused(refusal, _) => describe_refusal(refusal),
        Error::Database(cause) if cause.is_transient() => unavailable("The database"),
        Error::Stripe(cause) if cause.is_transient() => unavailable("The payment service"),
        Error::Unavailable(part, _) => unavailable(part),
        Error::Database(_) | Error::Stripe(_) | Error::Misconfigured(..) | Error::Internal(_) => {
            row(
                S::INTERNAL_SERVER_ERROR,
                "internal",
                "Something went wrong on our side. We have a record of it under the request id.",
            )
        }
    }
}

fn unavailable(part: &str) -> Row {
    row(
        StatusCode::SERVICE_UNAVAILABLE,
        "unavailable",
        format!("{part} cannot be reached at present. Try again in a few seconds."),
    )
}

#[expect(clippy::too_many_lines, reason = "the one table of refusals")]
fn describe_refusal(refusal: &Refusal) -> Row {
    use StatusCode as S;
    match refusal {
        Refusal::RateLimited => row(
            S::TOO_MANY_REQUESTS,
            "rate_limited",
            "Too many requests. Wait a little.",
        ),
        Refusal::AccountSuspended => row(
            S::FORBIDDEN,
            "account_suspended",
            "This account is suspended. Write to support.",
        ),
        Refusal::AccountDeleted => {
            row(S::FORBIDDEN, "account_deleted", "This account was deleted.")
        }
        Refusal::AccountErased => row(
            S::UNAUTHORIZED,
            "unauthenticated",
            "This account was deleted for good.",
        ),
        Refusal::AddressNotConfirmed => row(
            S::FORBIDDEN,
            "address_not_confirmed",
            "Confirm your e-mail address first.",
        ),
        Refusal::AdminOnly => row(S::FORBIDDEN, "admin_only", "This is for administrators."),
        Refusal::UnknownKey => row(S::UNAUTHORIZED, "unauthenticated", "The key is not valid."),
        Refusal::ScopeMissing { scope } => row(
            S::FORBIDDEN,
            "scope_missing",
            format!("The key lacks the scope `{scope}`."),
        ),
        Refusal::NoSubscription => row(
            S::NOT_FOUND,
            "no_subscription",
            "There is no subscription yet. Set the account up or choose a plan.",
        ),
        Refusal::InstanceNotFound => row(
            S::NOT_FOUND,
            "instance_not_found",
            "There is no such instance.",
        ),
        Refusal::PlanHasNoInstance => row(
            S::PAYMENT_REQUIRED,
            "plan_has_no_instance",
            "Your plan comes without an instance. Choose a paid plan to get one.",
        ),
        Refusal::PaymentPastDue => row(
            S::PAYMENT_REQUIRED,
            "payment_past_due",
            "The last payment failed. Update your payment method to go on.",
        ),
        Refusal::SubscriptionInactive => row(
            S::PAYMENT_REQUIRED,
            "subscription_inactive",
            "Your subscription is not active. Choose a plan to go on.",
        ),
        Refusal::InstanceBeingDeleted => row(
            S::CONFLICT,
            "instance_being_deleted",
            "Your former instance is still being deleted. Try again in a minute.",
        ),
        Refusal::SubdomainTaken => row(
            S::CONFLICT,
            "subdomain_taken",
            "This address is taken. Choose another one.",
        ),
        Refusal::ConfirmationDiffers => row(
            S::UNPROCESSABLE_ENTITY,
            "confirmation_differs",
            "Type the instance's subdomain to confirm.",
        ),
        Refusal::AddressDiffers => row(
            S::UNPROCESSABLE_ENTITY,
            "address_differs",
            "Type the account's address to confirm.",
        ),
        Refusal::InstanceDeleted => row(
            S::CONFLICT,
            "instance_deleted",
            "This instance is being deleted.",
        ),
        Refusal::InstanceStopped => row(
            S::CONFLICT,
            "instance_stopped",
            "This instance is stopped. Start it instead.",
        ),
        Refusal::NoCustomer => row(
            S::NOT_FOUND,
            "no_customer",
            "There is nothing to manage yet: you have not bought a plan.",
        ),
        Refusal::AccountNotFound => row(
            S::NOT_FOUND,
            "account_not_found",
            "There is no such account.",
        ),
        Refusal::AccountIsDeleted => row(
            S::CONFLICT,
            "account_is_deleted",
            "This account was deleted. Only its owner can take that back.",
        ),
        Refusal::AccountIsAdmin => row(
            S::CONFLICT,
            "account_is_admin",
            "This account is an administrator's. Take that away first.",
        ),
        Refusal::AccountNotActive { status } => row(
            S::CONFLICT,
            "account_not_active",
            format!("The account is not active; it is {status}."),
        ),
        Refusal::LastAdmin => row(
            S::CONFLICT,
            "last_admin",
            "This is the last administrator who can come in. Make another one first.",
        ),
        Refusal::EventNotFound => row(
            S::NOT_FOUND,
            "event_not_found",
            "There is no such event here.",
        ),
        Refusal::NoPaidSubscription => row(
            S::NOT_FOUND,
            "no_paid_subscription",
            "There is no paid subscription. Choose a plan to get one.",
        ),
        Refusal::SubscriptionNotCancelled => row(
            S::CONFLICT,
            "subscription_not_cancelled",
            "Your subscription is not cancelled: it goes on by itself.",
        ),
        Refusal::PlanUnchanged => row(
            S::CONFLICT,
            "plan_unchanged",
            "That is the plan and the billing cycle that you have.",
        ),
        Refusal::PaymentFailed => row(
            S::PAYMENT_REQUIRED,
            "payment_failed",
            "The payment failed, so nothing was changed. Update your payment method and try again.",
        ),
        Refusal::AdminStays => row(
            S::CONFLICT,
            "admin_stays",
            "You are an administrator. Have that taken away before you delete your account.",
        ),
        Refusal::DeletionBegun => row(
            S::CONFLICT,
            "deletion_begun",
            "The account is being deleted. That cannot be taken back any more.",
        ),
        Refusal::JobNotFound => row(S::NOT_FOUND, "job_not_found", "There is no such job."),
        Refusal::JobNotDead { state } => row(
            S::CONFLICT,
            "job_not_dead",
            format!("Only a dead job can be retried or discarded; this one is {state}."),
        ),
        Refusal::JobNotCancellable { state } => row(
            S::CONFLICT,
            "job_not_cancellable",
            format!("This job is {state} and cannot be cancelled here."),
        ),
        Refusal::UnknownSort => row(
            S::UNPROCESSABLE_ENTITY,
            "unknown_sort",
            "The list cannot be sorted by this field.",
        ),
        Refusal::IdempotencyKeyInUse => row(
            S::CONFLICT,
            "idempotency_key_in_use",
            "A request with this Idempotency-Key is under way. Ask again in a moment.",
        ),
        Refusal::IdempotencyKeyReused => row(
            S::UNPROCESSABLE_ENTITY,
            "idempotency_key_reused",
            "This Idempotency-Key was sent with another request. Use a new one.",
        ),
    }
}
