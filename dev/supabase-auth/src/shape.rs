//! The two shapes of errors that clients of different ages expect; the request's API version chooses.

use axum::Json;
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// The request header that chooses the shape of errors, and that the answer repeats.
pub(crate) const API_VERSION: HeaderName = HeaderName::from_static("x-supabase-api-version");
/// Carries the code of an error in either shape.
pub(crate) const ERROR_CODE: HeaderName = HeaderName::from_static("x-sb-error-code");
/// The version from which `code` is a word, not the status.
const NEW_SHAPE: &str = "2024-01-01";

/// A refusal that [`apply`] will write out.
pub(crate) fn refusal(
    status: StatusCode,
    code: &'static str,
    message: String,
    is_weak_password: bool,
) -> Response {
    let mut response = status.into_response();
    response
        .headers_mut()
        .insert(ERROR_CODE, HeaderValue::from_static(code));
    response.extensions_mut().insert(Body {
        status,
        code,
        message,
        is_weak_password,
    });
    response
}

/// An error on its way out; its shape depends on the request, which [`apply`] sees.
#[derive(Clone)]
struct Body {
    status: StatusCode,
    code: &'static str,
    message: String,
    is_weak_password: bool,
}

impl Body {
    fn json(&self, new_shape: bool) -> serde_json::Value {
        let mut body = if new_shape {
            json!({ "code": self.code, "message": self.message })
        } else {
            json!({ "code": self.status.as_u16(), "error_code": self.code, "msg": self.message })
        };
        if self.is_weak_password {
            body["weak_password"] = json!({ "reasons": ["length"] });
        }
        body
    }
}

/// Middleware: writes errors in the shape that the request's API version asks for, and repeats it.
pub(crate) async fn apply(request: Request, next: Next) -> Response {
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
