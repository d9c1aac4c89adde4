//! What the tests share: a database, an endpoint, the program, and our own client on top of them.

mod endpoint;
mod postgres;

use std::process::Stdio;
use std::time::Duration;
use std::time::SystemTime;
use std::time::UNIX_EPOCH;

use bytes::Bytes;
use http::Request;
use http::Response;
use serde_json::Value;
use stripe::Client;
use stripe::NewCheckoutSession;
use stripe::NewCustomer;
use stripe::SecretKey;
use stripe::Transport;
use stripe::TransportError;
use stripe::WantedPrice;
use stripe::WantedProduct;
use tokio::io::AsyncBufReadExt;
use tokio::io::BufReader;
use tokio::process::Child;
use tokio::process::Command;

pub(crate) use endpoint::Endpoint;
pub(crate) use postgres::Database;

pub(crate) const SECRET_KEY: &str = "sk_test_integration";
pub(crate) const WEBHOOK_SECRET: &str = "whsec_integration";
pub(crate) const SUCCESSFUL_CARD: &str = "4242424242424242";
/// For a machine that has much else to do.
const DEADLINE: Duration = Duration::from_secs(120);

/// The program, ended with this value.
pub(crate) struct StandIn {
    pub(crate) process: Child,
    pub(crate) url: String,
    pub(crate) client: Client<Http>,
}

/// The transport of our client, as the daemon has one.
#[derive(Clone)]
pub(crate) struct Http(pub(crate) reqwest::Client);

impl Transport for Http {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
        let request = reqwest::Request::try_from(request).map_err(TransportError::new)?;
        let answer = self.0.execute(request).await.map_err(TransportError::new)?;
        let mut response = Response::builder().status(answer.status());
        if let Some(headers) = response.headers_mut() {
            headers.clone_from(answer.headers());
        }
        let body = answer.bytes().await.map_err(TransportError::new)?;
        response.body(body).map_err(TransportError::new)
    }
}

/// A client that follows no redirect.
pub(crate) fn http() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
    builder.timeout(DEADLINE).build().expect("make a client")
}

/// The program with its settings, to be started.
pub(crate) fn command(database: &Database, listen: &str, webhook_url: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dev-stripe"));
    command
        .args([
            "--listen",
            listen,
            "--public-url",
            "http://stripe.test:8080",
        ])
        .args(["--webhook-url", webhook_url])
        .env("DATABASE_URL", &database.url)
        .env("STRIPE_SECRET_KEY", SECRET_KEY)
        .env("STRIPE_WEBHOOK_SECRET", WEBHOOK_SECRET)
        .env("RUST_LOG", "error")
        .stdout(Stdio::piped())
        .kill_on_drop(true);
    command
}

impl StandIn {
    pub(crate) async fn start(database: &Database, webhook_url: &str) -> Self {
        let mut process = command(database, "127.0.0.1:0", webhook_url)
            .spawn()
            .expect("start");
        let output = process.stdout.take().expect("output");
        let mut lines = BufReader::new(output).lines();
        let line = tokio::time::timeout(DEADLINE, lines.next_line())
            .await
            .expect("in time");
        let line = line.expect("output").expect("a line");
        let url = line
            .strip_prefix("Serving ")
            .expect("the address")
            .to_owned();
        let key = SecretKey::new(SECRET_KEY).expect("a key");
        let client = Client::new(Http(http()), &url, key).expect("a client");
        Self {
            process,
            url,
            client,
        }
    }

    /// A raw call with the key.
    pub(crate) fn call(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        let method = method.parse().expect("a method");
        self.client
            .transport()
            .0
            .request(method, format!("{}{path}", self.url))
            .bearer_auth(SECRET_KEY)
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        let answer = self.call("GET", path).send().await.expect("an answer");
        read(answer).await
    }

    /// A customer with an open session for a price of 20.00 a month.
    pub(crate) async fn order(&self, trial_period_days: Option<u32>) -> Order {
        let product = WantedProduct {
            id: "hobby",
            name: "Hobby",
            description: None,
        };
        let product = self
            .client
            .ensure_product(&product)
            .await
            .expect("a product");
        let price = WantedPrice {
            lookup_key: "hobby_monthly",
            product: &product.id,
            unit_amount: 2000,
            currency: "usd",
            interval: stripe::Interval::Month,
        };
        let price = self.client.ensure_price(&price).await.expect("a price");
        let key = format!("order:{}", rand::random::<u64>());
        let customer = NewCustomer {
            email: Some("a@example.org"),
            ..NewCustomer::default()
        };
        let customer = self
            .client
            .create_customer(&customer, &format!("{key}:customer"))
            .await;
        let customer = customer.expect("a customer").id;
        let session = NewCheckoutSession {
            customer: &customer,
            price: &price.id,
            client_reference_id: "account-1",
            success_url: "http://app.test/return?session={CHECKOUT_SESSION_ID}",
            cancel_url: "http://app.test/plans",
            trial_period_days,
            expires_at: None,
            allow_promotion_codes: true,
            metadata: &[],
            subscription_metadata: &[("account_id", "1")],
        };
        let session = self
            .client
            .create_checkout_session(&session, &key)
            .await
            .expect("a session");
        Order {
            customer,
            session: session.id,
        }
    }

    pub(crate) async fn pay(&self, session: &str, card: &str) -> reqwest::Response {
        let url = format!("{}/c/pay/{session}/pay", self.url);
        let form = [("card", card)];
        self.client
            .transport()
            .0
            .post(url)
            .form(&form)
            .send()
            .await
            .expect("an answer")
    }

    /// Orders and pays. Answers the subscription's id.
    pub(crate) async fn subscribe(&self, trial_period_days: Option<u32>, card: &str) -> String {
        let order = self.order(trial_period_days).await;
        assert_eq!(self.pay(&order.session, card).await.status(), 303);
        let session = self
            .client
            .retrieve_checkout_session(&order.session)
            .await
            .expect("the session");
        session.subscription.expect("a subscription")
    }
}

/// What was ordered.
pub(crate) struct Order {
    pub(crate) customer: String,
    pub(crate) session: String,
}

pub(crate) async fn read(answer: reqwest::Response) -> Value {
    let body = answer.bytes().await.expect("a body");
    serde_json::from_slice(&body).expect("JSON")
}

/// Waits until `look` finds something.
pub(crate) async fn eventually<T>(mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let searching = async {
        loop {
            if let Some(found) = look().await {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(DEADLINE, searching)
        .await
        .expect("it does not happen in time")
}

pub(crate) fn unix_now() -> i64 {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("a time after 1970");
    i64::try_from(now.as_secs()).expect("a time before the year 292277026596")
}
