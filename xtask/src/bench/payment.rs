//! From a customer's payment to a running instance, with the Python environments in place: by the API and the payment
//! page, as the portal does it.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use reqwest::{Client, Method, RequestBuilder, redirect};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::Effort;
use super::table::{Aim, Table};
use crate::build;
use crate::suites::platform::{Platform, Settings};

/// Between two looks; the portal's are further apart.
const PAUSE: Duration = Duration::from_millis(50);
const PATIENCE: Duration = Duration::from_mins(3);
/// Steps that are the instance's own: programs that start.
const STARTS: [&str; 2] = ["Start the Matrix homeserver", "Start MindRoom"];
const RATE_LIMITS: &str =
    "read=100000000,write=100000000,start=100000000,destructive=100000000,anonymous=100000000";

/// One sample, in seconds.
struct Sample {
    all: f64,
    /// Of it, what the platform needs beside the instance's programs.
    own: f64,
}

pub(super) fn measure(effort: Effort, table: &mut Table) -> Result<()> {
    build::run()?;
    let platform = Platform::start(Settings {
        rate_limits: RATE_LIMITS,
        ..Settings::default()
    })?;
    let runtime = tokio::runtime::Runtime::new()?;
    let samples: Vec<Sample> = runtime.block_on(async {
        let mut samples = Vec::new();
        for _ in 0..effort.rounds {
            samples.push(buy(&platform).await?);
        }
        anyhow::Ok(samples)
    })?;
    platform.stop()?;
    let of = |figure: fn(&Sample) -> f64| samples.iter().map(figure).collect::<Vec<_>>();
    let what = "Payment to running instance";
    table.add(what, "s", Aim::AtMost(10.0), of(|s| s.all));
    table.add(
        format!("{what}, the platform's own share"),
        "s",
        Aim::AtMost(1.0),
        of(|s| s.own),
    );
    Ok(())
}

/// Where the platform is, as `up` writes it down.
#[derive(Deserialize)]
struct Addresses {
    api: String,
    auth: String,
    publishable_key: String,
}

/// Somebody who buys.
struct Customer {
    http: Client,
    addresses: Addresses,
    token: String,
}

/// Buys a plan and its instance, awaits it, and deletes it.
async fn buy(platform: &Platform) -> Result<Sample> {
    let customer = Customer::sign_up(platform).await?;
    let plan = json!({"tier": "hobby", "billing_cycle": "monthly"});
    let checkout = customer
        .call(Method::POST, "/stripe/checkout", Some(plan))
        .await?;
    let page = text(&checkout, "url")?;

    let began = Instant::now();
    customer.pay(&page).await?;
    customer
        .until("/my/subscription", |it| it["can_run_instances"] == true)
        .await?;
    let asked = customer
        .call(Method::POST, "/my/instances/provision", None)
        .await?;
    let path = format!("/my/instances/{}", asked["instance"]["instance_id"]);
    let running = customer
        .until(&path, |it| it["status"] == "running")
        .await?;
    let all = began.elapsed().as_secs_f64();

    ensure!(
        running["notice"].is_null(),
        "the instance lacks MindRoom: {}",
        running["notice"]
    );
    let confirm = json!({"confirm": running["subdomain"]});
    customer.call(Method::DELETE, &path, Some(confirm)).await?;
    customer
        .until(&path, |it| it["status"] == "deprovisioned")
        .await?;
    Ok(Sample {
        all,
        own: all - starts(&running)?,
    })
}

/// Seconds that the instance's programs took to start.
fn starts(instance: &Value) -> Result<f64> {
    let steps = instance["progress"].as_array().context("no progress")?;
    let mut seconds = 0.0;
    let mut found = 0;
    for step in steps {
        if STARTS.iter().any(|title| step["title"] == *title) {
            let time = |name| -> Result<jiff::Timestamp> { Ok(text(step, name)?.parse()?) };
            let took = time("finished_at")?.duration_since(time("started_at")?);
            seconds += took.as_secs_f64();
            found += 1;
        }
    }
    ensure!(found == STARTS.len(), "steps are missing: {steps:?}");
    Ok(seconds)
}

impl Customer {
    async fn sign_up(platform: &Platform) -> Result<Self> {
        let file = platform.state().join("addresses.json");
        let addresses: Addresses = serde_json::from_slice(&std::fs::read(file)?)?;
        let http = Client::builder()
            .redirect(redirect::Policy::none())
            .build()?;
        let mut customer = Self {
            http,
            addresses,
            token: String::new(),
        };
        let email = format!("p{}@example.com", Uuid::new_v4().simple());
        let request = customer
            .request(Method::POST, &customer.addresses.auth, "/auth/v1/signup")?
            .header("apikey", &customer.addresses.publishable_key)
            .json(&json!({"email": email, "password": "correct horse battery"}));
        let session = read(request).await?;
        customer.token = text(&session, "access_token")?;
        customer
            .call(Method::POST, "/my/account/setup", None)
            .await?;
        Ok(customer)
    }

    /// Programs do not resolve `*.localhost`: the request goes to the gateway's address, with the host by name.
    fn request(&self, method: Method, base: &str, path: &str) -> Result<RequestBuilder> {
        let base = url::Url::parse(base)?;
        let port = base.port_or_known_default().context("no port")?;
        let host = format!("{}:{port}", base.host_str().unwrap_or_default());
        let url = format!("http://127.0.0.1:{port}{path}");
        Ok(self.http.request(method, url).header("host", host))
    }

    async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Result<Value> {
        let request = self.request(method, &self.addresses.api, path)?;
        let request = request.bearer_auth(&self.token);
        let request = match body {
            Some(body) => request.json(&body),
            None => request,
        };
        read(request).await.with_context(|| path.to_owned())
    }

    /// As the page's form does.
    async fn pay(&self, page: &str) -> Result<()> {
        let path = format!("{}/pay", url::Url::parse(page)?.path());
        let form = self
            .request(Method::POST, page, &path)?
            .form(&[("card", "4242424242424242")]);
        let status = form.send().await?.status();
        ensure!(status == 303, "the payment page answers {status}");
        Ok(())
    }

    async fn until(&self, path: &str, is_so: impl Fn(&Value) -> bool) -> Result<Value> {
        let began = Instant::now();
        loop {
            let now = self.call(Method::GET, path, None).await?;
            if is_so(&now) {
                return Ok(now);
            }
            if now["status"] == "error" || began.elapsed() > PATIENCE {
                bail!("{path} stays {now}");
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}

async fn read(request: RequestBuilder) -> Result<Value> {
    let answer = request.send().await?;
    let status = answer.status();
    let body = answer.text().await?;
    ensure!(status.is_success(), "{status}: {body}");
    Ok(serde_json::from_str(&body)?)
}

fn text(value: &Value, name: &str) -> Result<String> {
    let text = value[name].as_str();
    Ok(text
        .with_context(|| format!("no {name} in {value}"))?
        .to_owned())
}
