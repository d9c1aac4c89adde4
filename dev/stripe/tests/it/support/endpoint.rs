//! The platform's side of the webhooks: keeps what arrives, and answers as a test wishes.

use std::sync::Arc;
use std::sync::Mutex;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::StatusCode;
use axum::http::header;
use axum::response::IntoResponse;
use axum::response::Response;
use axum::routing::post;
use stripe::Event;
use stripe::webhook;
use stripe::webhook::Secret;
use tokio::net::TcpListener;

use super::WEBHOOK_SECRET;
use super::unix_now;

/// One delivery whose signature was right.
#[derive(Clone)]
pub(crate) struct Delivery {
    pub(crate) event: Event,
    pub(crate) signature: String,
}

/// What the endpoint answers to a type of event, given how often that event came before.
pub(crate) type Answer = fn(kind: &str, before: usize) -> u16;

/// A running endpoint.
#[derive(Clone)]
pub(crate) struct Endpoint {
    pub(crate) url: String,
    seen: Arc<Mutex<Vec<Delivery>>>,
    answer: Answer,
}

impl Endpoint {
    pub(crate) async fn start(answer: Answer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("listen");
        let url = format!(
            "http://{}/webhooks/stripe",
            listener.local_addr().expect("address")
        );
        let endpoint = Self {
            url,
            seen: Arc::default(),
            answer,
        };
        let router = Router::new().route("/webhooks/stripe", post(take));
        let router = router.with_state(endpoint.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        endpoint
    }

    pub(crate) fn deliveries(&self) -> Vec<Delivery> {
        self.seen.lock().expect("the list of deliveries").clone()
    }

    pub(crate) fn of_kind(&self, kind: &str) -> Vec<Delivery> {
        let of_kind = |delivery: &Delivery| delivery.event.kind == kind;
        self.deliveries().into_iter().filter(of_kind).collect()
    }
}

async fn take(State(endpoint): State<Endpoint>, headers: HeaderMap, body: Bytes) -> Response {
    let signature = headers["stripe-signature"]
        .to_str()
        .expect("a signature in ASCII")
        .to_owned();
    let secrets = [Secret::new(WEBHOOK_SECRET).expect("a secret")];
    let Ok(event) = webhook::verify(&secrets, &signature, &body, unix_now()) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let mut seen = endpoint.seen.lock().expect("the list of deliveries");
    let before = seen
        .iter()
        .filter(|delivery| delivery.event.id == event.id)
        .count();
    let status = (endpoint.answer)(&event.kind, before);
    seen.push(Delivery { event, signature });
    let status = StatusCode::from_u16(status).expect("a status");
    (status, [(header::LOCATION, "/elsewhere")]).into_response()
}
