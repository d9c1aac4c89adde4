//! One timed call: at once, then in a fixed rhythm, never two at a time.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use tokio::time::{MissedTickBehavior, interval};
use url::Url;

/// Longer than the function may take: 200 probes of 5 s, concurrently.
const CALL_LIMIT: Duration = Duration::from_mins(1);
/// How much of an answer is logged.
const LOGGED_CHARS: usize = 500;

/// A function to call, and with which key.
pub(crate) struct Call {
    client: reqwest::Client,
    url: Url,
    key: String,
}

impl Call {
    /// `path` on the functions' host.
    pub(crate) fn new(functions: &Url, path: &str, key: String) -> Result<Self> {
        let url = functions.join(path).context("--functions")?;
        let client = reqwest::Client::builder()
            .timeout(CALL_LIMIT)
            .no_proxy()
            .build()?;
        Ok(Self { client, url, key })
    }

    /// Calls once; answers what the function counted.
    async fn once(&self) -> Result<String> {
        let answer = self
            .client
            .post(self.url.clone())
            .bearer_auth(&self.key)
            .send()
            .await?;
        let status = answer.status();
        let text: String = answer.text().await?.chars().take(LOGGED_CHARS).collect();
        if !status.is_success() {
            bail!("{status}: {text}");
        }
        Ok(text)
    }
}

/// Calls for ever. A call that outlasts its period delays the next one; none is made up for.
pub(crate) async fn repeat(call: &Call, period: Duration) {
    let mut ticks = interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let path = call.url.path();
        match call.once().await {
            Ok(counts) => tracing::info!(path, counts, "called"),
            Err(error) => tracing::warn!(path, error = format!("{error:#}"), "call failed"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use axum::http::{HeaderMap, StatusCode};
    use axum::routing::post;

    use super::*;

    #[derive(Default)]
    struct Seen {
        now: AtomicUsize,
        most: AtomicUsize,
        calls: AtomicUsize,
    }

    /// A function that takes several periods, fails every other time, and counts how many calls overlap.
    async fn function(seen: Arc<Seen>, headers: HeaderMap) -> StatusCode {
        assert_eq!(headers["authorization"], "Bearer msk_test");
        let now = seen.now.fetch_add(1, Ordering::SeqCst) + 1;
        seen.most.fetch_max(now, Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(20)).await;
        seen.now.fetch_sub(1, Ordering::SeqCst);
        let calls = seen.calls.fetch_add(1, Ordering::SeqCst);
        if calls.is_multiple_of(2) {
            StatusCode::INTERNAL_SERVER_ERROR
        } else {
            StatusCode::OK
        }
    }

    #[tokio::test]
    async fn calls_go_on_after_failures_and_never_overlap() {
        drop(rustls::crypto::ring::default_provider().install_default());
        let seen = Arc::new(Seen::default());
        let shared = Arc::clone(&seen);
        let route = post(move |headers| function(shared, headers));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        let app = axum::Router::new().route("/system/health-checks", route);
        tokio::spawn(async move { axum::serve(listener, app).await });

        let call = Call::new(&url, "/system/health-checks", "msk_test".to_owned()).unwrap();
        let enough = async {
            while seen.calls.load(Ordering::SeqCst) < 4 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let outcome = tokio::time::timeout(Duration::from_secs(20), async {
            tokio::select! {
                () = repeat(&call, Duration::from_millis(1)) => {}
                () = enough => {}
            }
        });
        outcome.await.expect("four calls in time");
        assert_eq!(seen.most.load(Ordering::SeqCst), 1);
    }
}
