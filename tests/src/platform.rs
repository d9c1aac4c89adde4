//! The running platform, as `up` describes it in `addresses.json`.

use std::net::SocketAddr;
use std::path::PathBuf;

use reqwest::{Client, Method, RequestBuilder, redirect};
use serde::Deserialize;
use serde_json::Value;
use tokio_postgres::NoTls;

/// Where the platform is and how to get in.
#[derive(Debug, Clone, Deserialize)]
pub struct Platform {
    /// `http://app.mindroom.localhost:8080`
    pub app: String,
    /// `http://api.mindroom.localhost:8080`
    pub api: String,
    /// `http://auth.mindroom.localhost:8080`
    pub auth: String,
    /// `http://stripe.mindroom.localhost:8080`
    pub stripe: String,
    /// The owner's.
    pub database_url: String,
    /// For browsers.
    pub publishable_key: String,
    /// Keys of machines.
    pub system_keys: SystemKeys,
    /// The seeded admin.
    pub admin: Admin,
    /// Secrets of the stand-ins.
    pub stand_ins: StandIns,
    /// Where programs reach the parts.
    pub internal: Internal,
    /// The state folder; not part of the file.
    #[serde(skip)]
    pub state: PathBuf,
    #[serde(skip)]
    http: Client,
}

/// Keys of machines by scope.
#[derive(Debug, Clone, Deserialize)]
pub struct SystemKeys {
    /// May check health.
    pub health: String,
    /// May command instances of any account.
    pub provision: String,
    /// May have the platform look after itself.
    pub maintenance: String,
    /// May read figures.
    pub metrics: String,
}

impl SystemKeys {
    /// The key that has a scope, and no other one.
    pub fn of(&self, scope: &str) -> &str {
        match scope {
            "health" => &self.health,
            "provision" => &self.provision,
            "maintenance" => &self.maintenance,
            "metrics" => &self.metrics,
            unknown => panic!("there is no scope {unknown}"),
        }
    }
}

/// The seeded admin.
#[derive(Debug, Clone, Deserialize)]
pub struct Admin {
    /// Address.
    pub email: String,
    /// Password.
    pub password: String,
}

/// Secrets of the stand-ins.
#[derive(Debug, Clone, Deserialize)]
pub struct StandIns {
    /// What Stripe's stand-in signs with.
    pub stripe_webhook_secret: String,
    /// What opens the record of the model's stand-in.
    pub model_admin_key: String,
}

/// Where programs reach the parts.
#[derive(Debug, Clone, Deserialize)]
pub struct Internal {
    /// What browsers talk to.
    pub gateway: String,
    /// The functions' host, behind the gateway.
    pub functions: String,
    /// The auth stand-in.
    pub auth: String,
    /// Stripe's stand-in.
    pub stripe: String,
    /// The model's stand-in.
    pub model: String,
    /// The daemon's probes and figures.
    pub provisioner: String,
}

/// An answer, read whole.
#[derive(Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Its headers.
    pub headers: reqwest::header::HeaderMap,
    /// Its body.
    pub text: String,
}

impl Answer {
    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or(Value::Null)
    }

    /// A header as text; empty when it is not there.
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    /// Asserts a status and answers the body.
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        self.json()
    }

    /// Asserts a problem of this status and code.
    #[track_caller]
    pub fn expect_problem(&self, status: u16, code: &str) {
        assert_eq!(self.status, status, "{}", self.text);
        assert_eq!(self.headers["content-type"], "application/problem+json");
        let problem = self.json();
        assert_eq!(problem["code"], code, "{problem}");
        assert_eq!(problem["status"], status);
        assert_eq!(
            problem["request_id"],
            self.headers["x-request-id"].to_str().unwrap_or_default()
        );
    }
}

impl Platform {
    /// The platform that `MINDROOM_ADDRESSES` names.
    ///
    /// # Panics
    /// When there is none: these tests fail without one, they are never skipped.
    #[expect(clippy::expect_used, reason = "a test helper")]
    pub fn get() -> Self {
        // an error means that another test of this process was first
        let _ = rustls::crypto::ring::default_provider().install_default();
        let file = std::env::var("MINDROOM_ADDRESSES")
            .expect("MINDROOM_ADDRESSES names the addresses.json of a running platform");
        let text = std::fs::read_to_string(&file).expect("read addresses.json");
        let mut platform: Self = serde_json::from_str(&text).expect("addresses.json");
        platform.state = PathBuf::from(file);
        platform.state.pop();
        platform.http = Client::builder()
            .no_proxy()
            .redirect(redirect::Policy::none())
            .build()
            .expect("HTTP client");
        platform
    }

    /// A request to one of the platform's hosts, or to a part by its address. Programs do not resolve `*.localhost`,
    /// so that goes to the gateway's address with the host by name.
    pub fn request(&self, method: Method, url: &str) -> RequestBuilder {
        let (host, rest) = split(url);
        if host.parse::<SocketAddr>().is_ok() {
            return self.http.request(method, url);
        }
        let port = host.rsplit(':').next().unwrap_or("80");
        self.http
            .request(method, format!("http://127.0.0.1:{port}{rest}"))
            .header("host", host)
    }

    /// A request to the API.
    pub fn api(&self, method: Method, path: &str) -> RequestBuilder {
        self.request(method, &format!("{}{path}", self.api))
    }

    /// Sends a request and reads its answer.
    pub async fn send(&self, request: RequestBuilder) -> Answer {
        receive(request).await
    }

    /// A variable of the functions, as `up` set it.
    #[expect(clippy::expect_used, reason = "a test helper")]
    pub fn variable(&self, name: &str) -> String {
        let name = format!("SPIN_VARIABLE_{}", name.to_uppercase());
        let mut all = crate::replica::variables(self).into_iter();
        let found = all.find(|(known, _)| *known == name);
        found.expect("a variable of spin.env").1
    }

    /// The database, as its owner.
    #[expect(clippy::expect_used, reason = "a test helper")]
    pub async fn database(&self) -> tokio_postgres::Client {
        let (client, connection) = tokio_postgres::connect(&self.database_url, NoTls)
            .await
            .expect("the database");
        tokio::spawn(connection);
        client
    }
}

/// Sends a request and reads its answer.
#[expect(clippy::expect_used, reason = "a test helper")]
pub(crate) async fn receive(request: RequestBuilder) -> Answer {
    let answer = request.send().await.expect("an answer");
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    Answer {
        status,
        headers,
        text: answer.text().await.expect("a body"),
    }
}

fn split(url: &str) -> (&str, &str) {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.find('/').map_or((rest, "/"), |at| rest.split_at(at))
}
