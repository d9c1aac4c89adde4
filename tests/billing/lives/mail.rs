//! Where the lives' webhooks arrive. Chance decides what becomes of each: lost, once or twice, and when.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};
use stripe::webhook::{Secret, verify};
use tokio_postgres::Client;

use super::scene::WEBHOOK_SECRET;

/// All letter boxes.
#[derive(Clone)]
pub(super) struct Mail {
    pub(super) url: String,
    /// As the functions' role.
    sql: Arc<Client>,
    boxes: Arc<Mutex<HashMap<String, Letterbox>>>,
}

/// What came for one customer and was not let in yet.
struct Letterbox {
    chance: StdRng,
    held: Vec<Value>,
}

impl Mail {
    pub(super) async fn receive(sql: Client) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mail = Self {
            url: format!("http://{}/", listener.local_addr().unwrap()),
            sql: Arc::new(sql),
            boxes: Arc::default(),
        };
        let router = Router::new()
            .route("/", post(take))
            .with_state(mail.clone());
        tokio::spawn(axum::serve(listener, router).into_future());
        mail
    }

    /// A letter box for a customer; before it has one, all that comes is lost.
    pub(super) fn open_box(&self, customer: &str, seed: u64) {
        let letterbox = Letterbox {
            chance: StdRng::seed_from_u64(!seed),
            held: Vec::new(),
        };
        let mut boxes = self.boxes.lock().unwrap();
        boxes.insert(customer.to_owned(), letterbox);
    }

    /// Lets in about half of what was held back, in an order of chance.
    pub(super) async fn let_some_in(&self, customer: &str) {
        let events = {
            let mut boxes = self.boxes.lock().unwrap();
            let Letterbox { chance, held } = boxes.get_mut(customer).unwrap();
            held.shuffle(chance);
            let kept = chance.random_range(0..=held.len());
            held.split_off(kept)
        };
        self.let_in(&events).await;
    }

    pub(super) async fn let_all_in(&self) {
        let events = {
            let mut boxes = self.boxes.lock().unwrap();
            let all = boxes.values_mut().flat_map(|letterbox| {
                letterbox.held.shuffle(&mut letterbox.chance);
                letterbox.held.drain(..)
            });
            all.collect::<Vec<Value>>()
        };
        self.let_in(&events).await;
    }

    /// What the webhook's function does after it checked the signature.
    async fn let_in(&self, events: &[Value]) {
        for event in events {
            let object = &event["data"]["object"];
            let facts = json!({
                "id": event["id"], "type": event["type"], "created": event["created"],
                "livemode": event["livemode"], "api_version": event["api_version"],
                "object_type": object["object"], "object_id": object["id"],
                "customer_id": object["customer"], "address": null, "request_id": null,
            });
            store::billing::receive_event(&*self.sql, &facts, event)
                .await
                .unwrap()
                .outcome
                .unwrap();
        }
        store::jobs::ring(&*self.sql).await.unwrap();
    }
}

async fn take(State(mail): State<Mail>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let now = i64::try_from(now.as_secs()).unwrap();
    let secret = Secret::new(WEBHOOK_SECRET).unwrap();
    let signature = headers["stripe-signature"].to_str().unwrap();
    let Ok(event) = verify(&[secret], signature, &body, now) else {
        return StatusCode::BAD_REQUEST;
    };
    let payload: Value = serde_json::from_slice(&body).unwrap();
    let mut boxes = mail.boxes.lock().unwrap();
    if let Some(Letterbox { chance, held }) = event.customer().and_then(|id| boxes.get_mut(id)) {
        let copies = [0, 0, 1, 1, 1, 1, 2, 2][chance.random_range(0..8)];
        held.extend(std::iter::repeat_n(payload, copies));
    }
    StatusCode::OK
}
