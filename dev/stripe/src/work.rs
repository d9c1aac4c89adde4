//! One call's transaction, with its time and the events that it causes: all of it happens, or nothing.

use deadpool_postgres::Client;
use deadpool_postgres::Transaction;
use serde_json::Value;
use serde_json::json;

use crate::ids;
use crate::settings::Settings;
use crate::store::Object;

/// What the platform's endpoint is subscribed to; other events are only listed.
const ENABLED_EVENTS: &[&str] = &[
    "checkout.session.completed",
    "checkout.session.expired",
    "customer.deleted",
    "customer.updated",
    "customer.subscription.created",
    "customer.subscription.updated",
    "customer.subscription.deleted",
    "customer.subscription.trial_will_end",
    "customer.subscription.paused",
    "customer.subscription.resumed",
    "invoice.paid",
    "invoice.payment_failed",
];

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
    now: i64,
    cause: Cause,
}

impl<'a> Work<'a> {
    pub(crate) async fn begin(
        client: &'a mut Client,
        settings: &'a Settings,
        cause: Cause,
    ) -> Result<Self, tokio_postgres::Error> {
        let transaction = client.transaction().await?;
        let statement =
            "SELECT floor(extract(epoch FROM now()))::bigint + offset_seconds FROM clock";
        let now = transaction.query_one(statement, &[]).await?.get(0);
        Ok(Self {
            transaction,
            settings,
            now,
            cause,
        })
    }

    pub(crate) async fn commit(self) -> Result<(), tokio_postgres::Error> {
        self.transaction.commit().await
    }

    /// The transaction itself, for the statements of `store` and `idempotency`.
    pub(crate) fn sql(&self) -> &Transaction<'a> {
        &self.transaction
    }

    /// Unix seconds, moved by the clock's offset.
    pub(crate) fn now(&self) -> i64 {
        self.now
    }

    pub(crate) fn settings(&self) -> &Settings {
        self.settings
    }

    /// Records that something happened to an object, and its delivery.
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
        let is_delivered = ENABLED_EVENTS.contains(&kind);
        let event = Object::new(json!({
            "id": ids::new("evt_1"),
            "object": "event",
            "api_version": stripe::API_VERSION,
            "created": self.now,
            "data": data,
            "livemode": false,
            "pending_webhooks": i32::from(is_delivered),
            "request": {
                "id": self.cause.request_id,
                "idempotency_key": self.cause.idempotency_key,
            },
            "type": kind,
        }));
        self.insert(&event).await?;
        if is_delivered {
            let statement = "INSERT INTO deliveries (event_id) VALUES ($1)";
            self.transaction.execute(statement, &[&event.id()]).await?;
        }
        Ok(())
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
