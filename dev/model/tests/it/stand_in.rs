//! The program under test, and requests to it.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

pub(crate) const MODEL_KEY: &str = "sk-model-test";
pub(crate) const ADMIN_KEY: &str = "sk-admin-test";

/// A running stand-in, ended with this value.
pub(crate) struct StandIn {
    pub(crate) url: String,
    pub(crate) process: Child,
    client: reqwest::Client,
}

/// What a request got.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// A body that is no JSON is given as text.
    pub(crate) body: Value,
}

/// The program with what every start of it needs.
pub(crate) fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dev-model"));
    command
        .args(["--listen", "127.0.0.1:0"])
        .env("MODEL_KEY", MODEL_KEY)
        .env("ADMIN_KEY", ADMIN_KEY)
        .env("RUST_LOG", "error")
        .stdin(Stdio::null());
    command
}

impl StandIn {
    pub(crate) fn start() -> Self {
        let mut process = command().stdout(Stdio::piped()).spawn().expect("start");
        let stdout = process.stdout.take().expect("stdout");
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line).expect("read");
        let url = line
            .trim()
            .strip_prefix("Serving ")
            .expect("the ready line");
        // A second install changes nothing; no TLS is used, but the client asks for a provider.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Self {
            url: url.to_owned(),
            process,
            client: reqwest::Client::builder()
                .no_proxy()
                .build()
                .expect("client"),
        }
    }

    /// A request with nothing added.
    pub(crate) fn bare(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.url))
    }

    /// A request of a client.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        let request = self.bare(Method::POST, path).bearer_auth(MODEL_KEY);
        Answer::of(request.json(body)).await
    }

    /// Asks for an answer to one message.
    pub(crate) async fn ask(&self, text: &str) -> Answer {
        let body = json!({ "model": "m", "messages": [{ "role": "user", "content": text }] });
        self.post("/v1/chat/completions", &body).await
    }

    /// What the stand-in keeps of the requests that contain a text.
    pub(crate) async fn requests(&self, containing: &str) -> Vec<Value> {
        let request = self
            .bare(Method::GET, "/__requests")
            .query(&[("containing", containing)])
            .bearer_auth(ADMIN_KEY);
        let answer = Answer::of(request).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.body["requests"].as_array().expect("a list").clone()
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Answer {
    /// Sends a request and reads what comes.
    pub(crate) async fn of(request: RequestBuilder) -> Self {
        let response = request.send().await.expect("an answer");
        let status = response.status().as_u16();
        let text = response.text().await.expect("a body");
        Self {
            status,
            body: serde_json::from_str(&text).unwrap_or(Value::String(text)),
        }
    }

    /// Asserts a refusal in OpenAI's envelope.
    pub(crate) fn expect_error(&self, status: u16) {
        assert_eq!(self.status, status, "{}", self.body);
        let error = &self.body["error"];
        assert_eq!(error["type"], "invalid_request_error", "{}", self.body);
        let message = error["message"].as_str().expect("a message");
        assert!(!message.is_empty());
        for field in ["param", "code"] {
            assert!(error.get(field).is_some(), "{field} in {error}");
        }
    }
}
