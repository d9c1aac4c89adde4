//! One call's transaction, with its time and the events that it causes: all of it happens, or nothing.

use std::sync::atomic::AtomicBool;
use std::sync::atomic::AtomicI64;
use std::sync::atomic::Ordering;

use deadpool_postgres::Client;
use deadpool_postgres::Transaction;
use serde_json::Value;
use serde_json::json;

use crate::ids;
use crate::settings::Settings;
use crate::store::Object;

/// Whoever works takes this lock first (any number that nobody else uses). Objects point at each other in every
/// direction, and calls that wait for each other would have to be repeated; one machine needs no more.
const WORK_LOCK: i64 = 0x0073_7472_6970_6502;

/// Who caused an event.
#[derive(Debug, Default, Clone)]
pub(crate) struct Cause {
    pub(crate) request_id: Option<String>,
    pub(crate) idempotency_key: Option<String>,
}

/// One transaction.
pub(crate) struct Work<'a> {
    transaction: Transaction<'a>,
    settings: &'a Settings,
    cause: Cause,
    /// The stand-in's clock, Unix seconds.
    clock: i64,
    now: AtomicI64,
    /// Whether `now` stays as it is, whatever is touched.
    is_fixed: AtomicBool,
    is_discarded: AtomicBool,
    keeps_declined: AtomicBool,
}

impl<'a> Work<'a> {
    /// Begins, while others may work too.
    pub(crate) async fn begin(
        client: &'a mut Client,
        settings: &'a Settings,
        cause: Cause,
    ) -> Result<Self, tokio_postgres::Error> {
        let transaction = client.transaction().await?;
        let statement =
            "SELECT floor(extract(epoch FROM now()))::bigint + offset_seconds FROM clock";
        let clock = transaction.query_one(statement, &[]).await?.get(0);
        Ok(Self {
            transaction,
            settings,
            cause,
            clock,
            now: AtomicI64::new(clock),
            is_fixed: AtomicBool::new(false),
            is_discarded: AtomicBool::new(false),
            keeps_declined: AtomicBool::new(false),
        })
    }

    /// Begins, after everybody else has ended.
    pub(crate) async fn begin_alone(
        client: &'a mut Client,
        settings: &'a Settings,
    ) -> Result<Self, tokio_postgres::Error> {
        let work = Self::begin(client, settings, Cause::default()).await?;
        work.alone().await?;
        Ok(work)
    }

    /// Waits until nobody else works, and keeps others waiting until the end.
    pub(crate) async fn alone(&self) -> Result<(), tokio_postgres::Error> {
        let statement = "SELECT pg_advisory_xact_lock($1)";
        self.transaction.execute(statement, &[&WORK_LOCK]).await?;
        Ok(())
    }

    /// Keeps what was done, unless it was only tried.
    pub(crate) async fn commit(self) -> Result<(), tokio_postgres::Error> {
        if self.is_discarded.load(Ordering::Relaxed) {
            return self.transaction.rollback().await;
        }
        self.transaction.commit().await
    }

    /// Undoes everything, and waits until it is: a caller who is answered can call again at once.
    pub(crate) async fn undo(self) -> Result<(), tokio_postgres::Error> {
        self.transaction.rollback().await
    }

    /// Lets nothing of this work stay: a preview does what it shows.
    pub(crate) fn discard(&self) {
        self.is_discarded.store(true, Ordering::Relaxed);
    }

    /// Keeps what was done also when the bank says no: a try to pay is a try.
    pub(crate) fn keep_declined(&self) {
        self.keeps_declined.store(true, Ordering::Relaxed);
    }

    pub(crate) fn keeps_declined(&self) -> bool {
        self.keeps_declined.load(Ordering::Relaxed)
    }

    /// The transaction itself, for the statements of `store` and `idempotency`.
    pub(crate) fn sql(&self) -> &Transaction<'a> {
        &self.transaction
    }

    /// Unix seconds: of the stand-in's clock, or of the test clock of what was touched.
    pub(crate) fn now(&self) -> i64 {
        self.now.load(Ordering::Relaxed)
    }

    /// Unix seconds of the stand-in's clock.
    pub(crate) fn clock(&self) -> i64 {
        self.clock
    }

    /// Works at this time, as if it had been waited for.
    pub(crate) fn fix(&self, now: i64) {
        self.now.store(now, Ordering::Relaxed);
        self.is_fixed.store(true, Ordering::Relaxed);
    }

    /// Goes over to an object's test clock, if it has one.
    pub(crate) async fn enter(&self, object: &Object) -> Result<(), tokio_postgres::Error> {
        let Some(clock) = object
            .test_clock()
            .filter(|_| !self.is_fixed.load(Ordering::Relaxed))
        else {
            return Ok(());
        };
        let statement = "SELECT (body ->> 'frozen_time')::bigint FROM objects WHERE id = $1";
        if let Some(row) = self.transaction.query_opt(statement, &[&clock]).await? {
            self.now.store(row.get(0), Ordering::Relaxed);
        }
        Ok(())
    }

    pub(crate) fn settings(&self) -> &Settings {
        self.settings
    }

    /// Records that something happened to an object, and its deliveries.
    pub(crate) async fn emit(
        &self,
        kind: &str,
        object: &Object,
    ) -> Result<(), tokio_postgres::Error> {
        self.emit_data(kind, json!({ "object": object.body })).await
    }

    /// Records a change, with what its fields were before. Without one, nothing happened.
    pub(crate) async fn emit_change(
        &self,
        kind: &str,
        before: &Value,
        object: &Object,
    ) -> Result<(), tokio_postgres::Error> {
        let previous = previous_attributes(before, &object.body);
        if previous.as_object().is_none_or(serde_json::Map::is_empty) {
            return Ok(());
        }
        let data = json!({ "object": object.body, "previous_attributes": previous });
        self.emit_data(kind, data).await
    }

    async fn emit_data(&self, kind: &str, data: Value) -> Result<(), tokio_postgres::Error> {
        let mut event = Object::new(json!({
            "id": ids::new("evt_1"),
            "object": "event",
            "api_version": stripe::API_VERSION,
            "created": self.now(),
            "data": data,
            "livemode": false,
            "pending_webhooks": 0,
            "request": {
                "id": self.cause.request_id,
                "idempotency_key": self.cause.idempotency_key,
            },
            "type": kind,
        }));
        self.insert(&event).await?;
        let deliveries = self.enqueue(&event).await?;
        if deliveries > 0 {
            event.body["pending_webhooks"] = deliveries.into();
            self.save(&event).await?;
        }
        Ok(())
    }

    /// A delivery for each endpoint that wants the event; its mode says when.
    async fn enqueue(&self, event: &Object) -> Result<u64, tokio_postgres::Error> {
        let statement = "INSERT INTO webhook_deliveries
                (event_id, endpoint_id, created_at, next_attempt_at)
            SELECT $1, id, $3, CASE hidden #>> '{mode,mode}'
                    WHEN 'reordered' THEN NULL
                    WHEN 'delayed' THEN $3 + (hidden #>> '{mode,seconds}')::bigint
                    ELSE $3
                END
            FROM objects
            WHERE kind = 'webhook_endpoint' AND body ->> 'status' = 'enabled'
                AND body -> 'enabled_events' ?| ARRAY[$2, '*']
            ORDER BY sequence";
        let kind = event.text("type");
        self.transaction
            .execute(statement, &[&event.id(), &kind, &self.clock])
            .await
    }
}

fn previous_attributes(before: &Value, after: &Value) -> Value {
    let changed = before.as_object().into_iter().flatten();
    let changed = changed.filter(|(field, value)| after.get(field.as_str()) != Some(*value));
    Value::Object(
        changed
            .map(|(field, value)| (field.clone(), value.clone()))
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_changed_fields_are_named_with_what_they_were() {
        let before = json!({ "a": 1, "b": null, "c": [1] });
        let after = json!({ "a": 2, "b": null, "c": [1, 2] });
        assert_eq!(
            previous_attributes(&before, &after),
            json!({ "a": 1, "c": [1] })
        );
    }
}
