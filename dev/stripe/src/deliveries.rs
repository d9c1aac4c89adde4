//! Webhooks: each event of the outbox is sent until somebody answers 2xx.

use std::sync::Arc;
use std::time::Duration;
use std::time::SystemTime;
use std::time::UNIX_EPOCH;

use anyhow::Context;
use deadpool_postgres::Pool;
use serde_json::Value;
use stripe::webhook;
use stripe::webhook::Secret;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use url::Url;

/// Looked at even when nobody rings, for retries whose time has come.
const POLL: Duration = Duration::from_millis(500);
/// Stripe counts a slow answer as none.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Pause after the first failure; each further one doubles it. Stripe's is hours, which nobody waits for here.
const FIRST_PAUSE_SECONDS: f64 = 1.0;
const LONGEST_PAUSE_SECONDS: f64 = 60.0;
/// As long as Stripe tries in live mode.
const GIVE_UP_AFTER: &str = "3 days";
const BATCH: i64 = 50;

/// Sends what is in the outbox.
pub(crate) struct Courier {
    pub(crate) pool: Pool,
    pub(crate) http: reqwest::Client,
    pub(crate) url: Url,
    pub(crate) secret: Secret,
    pub(crate) outbox: Arc<Notify>,
}

/// The client for deliveries: a redirect is a failure, as with Stripe.
pub(crate) fn http_client() -> anyhow::Result<reqwest::Client> {
    // An error means that there is one already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(TIMEOUT)
        .user_agent("Stripe/1.0 (stand-in)")
        .build()
        .context("make the HTTP client")
}

struct Delivery {
    event_id: String,
    attempts: i32,
    body: Value,
}

impl Courier {
    /// Works until `stop`, which may cut a delivery short: it is sent again after the next start.
    pub(crate) async fn run(self, stop: CancellationToken) {
        tokio::select! {
            () = stop.cancelled() => {}
            () = self.deliver_forever() => {}
        }
    }

    /// A database that is away is waited for.
    async fn deliver_forever(&self) {
        loop {
            if let Err(error) = self.deliver_due().await {
                tracing::warn!(error = format!("{error:#}"), "outbox cannot be read");
            }
            tokio::select! {
                () = self.outbox.notified() => {}
                () = tokio::time::sleep(POLL) => {}
            }
        }
    }

    /// Sends what is due, in the order in which it happened. A failure is put off and the next one is sent.
    async fn deliver_due(&self) -> anyhow::Result<()> {
        for delivery in self.due().await? {
            match self.send(&delivery).await {
                Ok(()) => self.delivered(&delivery).await?,
                Err(error) => self.put_off(&delivery, &format!("{error:#}")).await?,
            }
        }
        Ok(())
    }

    async fn due(&self) -> anyhow::Result<Vec<Delivery>> {
        let statement = "SELECT deliveries.event_id, deliveries.attempts, objects.body
            FROM deliveries JOIN objects ON objects.id = deliveries.event_id
            WHERE delivered_at IS NULL AND abandoned_at IS NULL AND next_attempt_at <= now()
            ORDER BY deliveries.sequence LIMIT $1";
        let client = self.pool.get().await.context("take a connection")?;
        let rows = client
            .query(statement, &[&BATCH])
            .await
            .context("read the outbox")?;
        Ok(rows
            .iter()
            .map(|row| Delivery {
                event_id: row.get(0),
                attempts: row.get(1),
                body: row.get(2),
            })
            .collect())
    }

    /// Every try is signed anew, since an old signature is refused.
    async fn send(&self, delivery: &Delivery) -> anyhow::Result<()> {
        let body = serde_json::to_vec(&delivery.body).context("write the event")?;
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .context("read the clock")?;
        let now = i64::try_from(now.as_secs()).context("read the clock")?;
        let answer = self
            .http
            .post(self.url.clone())
            .header("stripe-signature", webhook::sign(&self.secret, &body, now))
            .header("content-type", "application/json; charset=utf-8")
            .body(body)
            .send()
            .await
            .context("reach the endpoint")?;
        anyhow::ensure!(
            answer.status().is_success(),
            "endpoint answers {}",
            answer.status()
        );
        Ok(())
    }

    async fn delivered(&self, delivery: &Delivery) -> anyhow::Result<()> {
        let statement = "WITH done AS (
                UPDATE deliveries SET delivered_at = now(), attempts = attempts + 1, last_error = NULL
                WHERE event_id = $1
            )
            UPDATE objects SET body = jsonb_set(body, '{pending_webhooks}', '0') WHERE id = $1";
        let client = self.pool.get().await.context("take a connection")?;
        client
            .execute(statement, &[&delivery.event_id])
            .await
            .context("note the delivery")?;
        tracing::info!(
            event.id = delivery.event_id,
            event.kind = delivery.body["type"].as_str(),
            "delivered"
        );
        Ok(())
    }

    async fn put_off(&self, delivery: &Delivery, error: &str) -> anyhow::Result<()> {
        let statement = format!(
            "UPDATE deliveries SET attempts = attempts + 1, last_error = $2,
                next_attempt_at = now() + make_interval(secs => $3),
                abandoned_at = CASE WHEN created_at < now() - interval '{GIVE_UP_AFTER}'
                    THEN now() END
            WHERE event_id = $1"
        );
        let pause = pause_seconds(delivery.attempts);
        let client = self.pool.get().await.context("take a connection")?;
        client
            .execute(&statement, &[&delivery.event_id, &error, &pause])
            .await
            .context("put the delivery off")?;
        tracing::warn!(
            event.id = delivery.event_id,
            error,
            pause_s = pause,
            "delivery fails"
        );
        Ok(())
    }
}

fn pause_seconds(failures_before: i32) -> f64 {
    let doubled = FIRST_PAUSE_SECONDS * 2_f64.powi(failures_before.clamp(0, 16));
    doubled.min(LONGEST_PAUSE_SECONDS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_a_minute() {
        let pauses = [0, 1, 2, 6, i32::MAX].map(pause_seconds);
        assert!(
            pauses
                .iter()
                .zip([1.0, 2.0, 4.0, 60.0, 60.0])
                .all(|(a, b)| (a - b).abs() < 1e-9)
        );
    }
}
