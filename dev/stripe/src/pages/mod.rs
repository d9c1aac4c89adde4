//! The pages that a customer sees. They work without JavaScript.

mod bank;
mod card_form;
mod invoice;
mod layout;
mod pay;
mod portal;

use axum::Router;
use axum::extract::Request;
use axum::middleware;
use axum::middleware::Next;
use axum::response::IntoResponse;
use axum::response::Response;
use axum::routing::get;
use axum::routing::post;
use http::HeaderValue;
use http::StatusCode;
use http::header;
use maud::html;

use crate::api::error::ApiError;
use crate::server::App;

/// No `form-action`: browsers apply it to the redirect after a form too, and that leads to the portal.
const POLICY: &str =
    "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'";

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/", get(front))
        .route("/c/pay/{session}", get(pay::show))
        .route("/c/pay/{session}/pay", post(pay::pay))
        .route("/c/pay/{session}/promotion", post(pay::promote))
        .route("/i/{page}", get(invoice::show))
        .route("/i/{page}/pay", post(invoice::pay))
        .merge(portal::routes())
        .route("/style.css", get(style))
        .layer(middleware::from_fn(protect))
}

/// Why a page cannot be shown.
#[derive(Debug)]
pub(crate) enum PageError {
    /// No such page, or the link is too old (404).
    Missing(&'static str),
    /// The state of things forbids it, or something of ours fails.
    Failed(ApiError),
}

impl<E: Into<ApiError>> From<E> for PageError {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

impl IntoResponse for PageError {
    fn into_response(self) -> Response {
        let (status, message) = match self {
            Self::Missing(message) => (StatusCode::NOT_FOUND, message.to_owned()),
            Self::Failed(error) => {
                // A refusal is the customer's to read; of anything else only the log knows more.
                let (status, body) = error.into_parts();
                let message = body["error"]["message"].as_str();
                (status, message.unwrap_or_default().to_owned())
            }
        };
        let page = layout::page("Not available", &html! { p { (message) } });
        (status, page).into_response()
    }
}

/// A part of a path as this program makes them; others are not even looked for.
fn is_secret(text: &str) -> bool {
    text.bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

async fn front() -> Response {
    let body = html! {
        p { "This server stands in for Stripe on this machine. No money moves here." }
    };
    layout::page("Stripe stand-in", &body).into_response()
}

async fn style() -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/css; charset=utf-8"),
        (header::CACHE_CONTROL, "public, max-age=3600"),
    ];
    (headers, include_str!("style.css")).into_response()
}

/// The addresses of these pages are credentials: they are not to be kept, framed or passed on.
async fn protect(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert("content-security-policy", HeaderValue::from_static(POLICY));
    headers.insert("referrer-policy", HeaderValue::from_static("no-referrer"));
    headers.insert(
        "x-content-type-options",
        HeaderValue::from_static("nosniff"),
    );
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}
