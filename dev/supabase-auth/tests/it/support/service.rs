//! The program under test, and requests to it.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use reqwest::header::HeaderMap;
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::Value;
use tempfile::TempDir;

use super::Database;

pub(crate) const PUBLISHABLE: &str = "sb_publishable_test";
pub(crate) const SECRET: &str = "sb_secret_test";
/// The issuer's address: not where it listens, as behind the gateway.
pub(crate) const PUBLIC: &str = "http://auth.mindroom.localhost:8080";
pub(crate) const SITE: &str = "http://app.mindroom.localhost:8080";

/// A running service with a database of its own.
pub(crate) struct Service {
    pub(crate) url: String,
    pub(crate) database: Database,
    pub(crate) process: Child,
    folder: TempDir,
    client: reqwest::Client,
}

/// What a request got.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Service {
    /// Starts one as usual: addresses are confirmed at once.
    pub(crate) async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// Starts one that differs from the usual by some arguments.
    pub(crate) async fn start_with(flags: &[&str]) -> Self {
        Self::start_on(Database::new().await, flags)
    }

    pub(crate) fn start_on(database: Database, flags: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("folder");
        let (process, url) = launch(&database, &folder.path().join("key.pem"), flags);
        Self {
            url,
            database,
            process,
            folder,
            client: client(),
        }
    }

    /// Ends it and starts it again on the same database, with a signing key and arguments.
    pub(crate) fn restart(&mut self, key_file: &Path, flags: &[&str]) {
        self.end();
        (self.process, self.url) = launch(&self.database, key_file, flags);
    }

    fn end(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }

    /// The file with the key that signs tokens.
    pub(crate) fn key_file(&self) -> PathBuf {
        self.folder.path().join("key.pem")
    }

    /// A request with nothing added.
    pub(crate) fn bare(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.url))
    }

    /// A request as the client library of a visitor sends it.
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.bare(method, path)
            .header("apikey", PUBLISHABLE)
            .header("x-supabase-api-version", "2024-01-01")
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        Answer::of(self.request(Method::POST, path).json(&body)).await
    }

    /// A request of a signed-in user.
    pub(crate) async fn call(
        &self,
        method: Method,
        path: &str,
        access_token: &str,
        body: Option<Value>,
    ) -> Answer {
        let request = self.request(method, path).bearer_auth(access_token);
        Answer::of(match body {
            Some(body) => request.json(&body),
            None => request,
        })
        .await
    }

    /// A request of the operator.
    pub(crate) async fn admin(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let request = self
            .bare(method, path)
            .header("apikey", SECRET)
            .header("x-supabase-api-version", "2024-01-01");
        Answer::of(match body {
            Some(body) => request.json(&body),
            None => request,
        })
        .await
    }

    /// The mails to an address, newest first.
    pub(crate) async fn mails(&self, email: &str) -> Vec<Value> {
        let path = format!("/__outbox?email={email}");
        let mails = self.admin(Method::GET, &path, None).await.expect_ok();
        mails["mails"].as_array().expect("mails").clone()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.end();
    }
}

impl Answer {
    /// Sends a request and reads what comes; a body that is no JSON is given as text.
    pub(crate) async fn of(request: RequestBuilder) -> Self {
        let response = request.send().await.expect("an answer");
        let (status, headers) = (response.status(), response.headers().clone());
        let text = response.text().await.expect("a body");
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        Self {
            status,
            headers,
            body,
        }
    }

    /// The body of a success.
    pub(crate) fn expect_ok(self) -> Value {
        assert_eq!(self.status, StatusCode::OK, "{}", self.body);
        self.body
    }

    /// Asserts a refusal in the newer shape.
    pub(crate) fn expect_error(&self, status: u16, code: &str) {
        assert_eq!(self.status.as_u16(), status, "{}", self.body);
        assert_eq!(self.body["code"], code, "{}", self.body);
        assert!(
            self.body["message"]
                .as_str()
                .is_some_and(|text| !text.is_empty()),
            "{}",
            self.body
        );
        assert_eq!(self.headers["x-supabase-api-version"], "2024-01-01");
        assert_eq!(self.headers["x-sb-error-code"], code);
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .get(name)
            .map(|value| value.to_str().expect("text"))
    }
}

/// Starts the program and waits until it serves.
fn launch(database: &Database, key_file: &Path, flags: &[&str]) -> (Child, String) {
    let mut command = command(key_file);
    command
        .env("DATABASE_URL", database.url("supabase_auth_admin"))
        .stdout(Stdio::piped())
        .args(flags);
    if !flags.contains(&"--mail-interval") {
        command.args(["--mail-interval", "0"]);
    }
    let mut process = command.spawn().expect("start");
    let mut line = String::new();
    let stdout = process.stdout.take().expect("stdout");
    BufReader::new(stdout).read_line(&mut line).expect("read");
    let url = line
        .trim()
        .strip_prefix("Serving ")
        .expect("the ready line");
    (process, url.to_owned())
}

/// The program with what every start of it needs, but the database.
pub(crate) fn command(key_file: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dev-supabase-auth"));
    command
        .args([
            "--listen",
            "127.0.0.1:0",
            "--public-url",
            PUBLIC,
            "--site-url",
            SITE,
        ])
        .arg("--key-file")
        .arg(key_file)
        .env("PUBLISHABLE_KEY", PUBLISHABLE)
        .env("SECRET_KEY", SECRET)
        .env("RUST_LOG", "error")
        .stdin(Stdio::null());
    command
}

fn client() -> reqwest::Client {
    // The client wants a TLS provider even where no TLS is used; a second install changes nothing.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .build()
        .expect("client")
}
