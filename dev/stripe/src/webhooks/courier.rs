//! Each event of the outbox is sent until its endpoint answers 2xx.

use std::sync::Arc;
use std::time::Duration;
use std::time::SystemTime;
use std::time::UNIX_EPOCH;

use anyhow::Context;
use deadpool_postgres::Pool;
use serde_json::Value;
use stripe::webhook::Secret;
use tokio::sync::Notify;
use tokio_postgres::Row;
use tokio_util::sync::CancellationToken;

use super::modes::Mode;

/// Looked at even when nobody rings, for retries whose time has come.
const POLL: Duration = Duration::from_millis(500);
/// Stripe counts a slow answer as none.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Pause after the first failure; each further one doubles it. Stripe's is hours, which nobody waits for here.
const FIRST_PAUSE_SECONDS: i64 = 1;
const LONGEST_PAUSE_SECONDS: i64 = 60;
/// As long as Stripe tries in live mode.
const GIVE_UP_SECONDS: i64 = 3 * 86_400;
const BATCH: i64 = 50;
/// The stand-in's clock in SQL, as `Work` reads it.
const NOW: &str = "(SELECT floor(extract(epoch FROM now()))::bigint + offset_seconds FROM clock)";

/// Sends what is in the outbox.
pub(crate) struct Courier {
    pub(crate) pool: Pool,
    pub(crate) http: reqwest::Client,
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
    endpoint_id: String,
    attempts: i32,
    event: Value,
    url: String,
    mode: Mode,
    secrets: Vec<Secret>,
}

impl Delivery {
    fn of(row: &Row) -> Self {
        let (endpoint, hidden): (Value, Value) = (row.get("endpoint"), row.get("hidden"));
        let now: i64 = row.get("now");
        let secrets = hidden["secrets"].as_array().into_iter().flatten();
        let good = secrets.filter(|one| one["ends_at"].as_i64().is_none_or(|end| end > now));
        let good = good.filter_map(|one| Secret::new(one["secret"].as_str()?).ok());
        Self {
            event_id: row.get("event_id"),
            endpoint_id: row.get("endpoint_id"),
            attempts: row.get("attempts"),
            event: row.get("event"),
            url: endpoint["url"].as_str().unwrap_or_default().to_owned(),
            mode: Mode::of(&hidden),
            secrets: good.collect(),
        }
    }
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
            if delivery.mode == Mode::Lost {
                self.abandon(&delivery).await?;
                continue;
            }
            match self.send(&delivery).await {
                Ok(()) => self.delivered(&delivery).await?,
                Err(error) => self.put_off(&delivery, &format!("{error:#}")).await?,
            }
        }
        Ok(())
    }

    async fn due(&self) -> anyhow::Result<Vec<Delivery>> {
        let statement = format!(
            "SELECT deliveries.event_id, deliveries.endpoint_id, deliveries.attempts,
                events.body AS event, endpoints.body AS endpoint, endpoints.hidden, {NOW} AS now
            FROM webhook_deliveries deliveries
            JOIN objects events ON events.id = deliveries.event_id
            JOIN objects endpoints ON endpoints.id = deliveries.endpoint_id
            WHERE delivered_at IS NULL AND abandoned_at IS NULL AND next_attempt_at <= {NOW}
            ORDER BY deliveries.place, deliveries.sequence LIMIT $1"
        );
        let client = self.pool.get().await.context("take a connection")?;
        let rows = client
            .query(&statement, &[&BATCH])
            .await
            .context("read the outbox")?;
        Ok(rows.iter().map(Delivery::of).collect())
    }

    /// Every try is signed anew, since an old signature is refused.
    async fn send(&self, delivery: &Delivery) -> anyhow::Result<()> {
        let copies = delivery.mode.copies(delivery.attempts);
        anyhow::ensure!(copies > 0, "dropped on purpose");
        let body = serde_json::to_vec(&delivery.event).context("write the event")?;
        for _ in 0..copies {
            let now = SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .context("read the clock")?;
            let now = i64::try_from(now.as_secs()).context("read the clock")?;
            let signature = delivery.mode.sign(&delivery.secrets, &body, now);
            let answer = self
                .http
                .post(&delivery.url)
                .header(
                    "stripe-signature",
                    signature.context("the endpoint has no secret")?,
                )
                .header("content-type", "application/json; charset=utf-8")
                .body(body.clone())
                .send()
                .await
                .context("reach the endpoint")?;
            let status = answer.status();
            anyhow::ensure!(status.is_success(), "endpoint answers {status}");
        }
        Ok(())
    }

    async fn delivered(&self, delivery: &Delivery) -> anyhow::Result<()> {
        let statement = format!(
            "WITH done AS (
                UPDATE webhook_deliveries
                SET delivered_at = {NOW}, attempts = attempts + 1, last_error = NULL
                WHERE event_id = $1 AND endpoint_id = $2 AND delivered_at IS NULL
                RETURNING event_id
            )
            UPDATE objects SET body = jsonb_set(body, '{{pending_webhooks}}',
                to_jsonb(greatest((body ->> 'pending_webhooks')::int - 1, 0)))
            FROM done WHERE id = done.event_id"
        );
        let client = self.pool.get().await.context("take a connection")?;
        client
            .execute(&statement, &[&delivery.event_id, &delivery.endpoint_id])
            .await
            .context("note the delivery")?;
        tracing::info!(
            event.id = delivery.event_id,
            event.kind = delivery.event["type"].as_str(),
            endpoint.id = delivery.endpoint_id,
            "delivered"
        );
        Ok(())
    }

    async fn abandon(&self, delivery: &Delivery) -> anyhow::Result<()> {
        let statement = format!(
            "UPDATE webhook_deliveries SET abandoned_at = {NOW}, last_error = 'lost on purpose'
            WHERE event_id = $1 AND endpoint_id = $2"
        );
        let client = self.pool.get().await.context("take a connection")?;
        client
            .execute(&statement, &[&delivery.event_id, &delivery.endpoint_id])
            .await
            .context("abandon the delivery")?;
        Ok(())
    }

    async fn put_off(&self, delivery: &Delivery, error: &str) -> anyhow::Result<()> {
        let statement = format!(
            "UPDATE webhook_deliveries SET attempts = attempts + 1, last_error = $3,
                next_attempt_at = {NOW} + $4,
                abandoned_at = CASE WHEN created_at < {NOW} - {GIVE_UP_SECONDS} THEN {NOW} END
            WHERE event_id = $1 AND endpoint_id = $2"
        );
        let pause = pause_seconds(delivery.attempts);
        let client = self.pool.get().await.context("take a connection")?;
        let (event, endpoint) = (&delivery.event_id, &delivery.endpoint_id);
        client
            .execute(&statement, &[event, endpoint, &error, &pause])
            .await
            .context("put the delivery off")?;
        tracing::warn!(
            event.id = delivery.event_id,
            endpoint.id = delivery.endpoint_id,
            error,
            pause_s = pause,
            "delivery fails"
        );
        Ok(())
    }
}

/// Seconds of the stand-in's clock.
fn pause_seconds(failures_before: i32) -> i64 {
    let doubled = FIRST_PAUSE_SECONDS << failures_before.clamp(0, 16);
    doubled.min(LONGEST_PAUSE_SECONDS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_a_minute() {
        let pauses = [0, 1, 2, 6, i32::MAX].map(pause_seconds);
        assert_eq!(pauses, [1, 2, 4, 60, 60]);
    }
}
