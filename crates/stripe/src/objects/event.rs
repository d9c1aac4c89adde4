//! Events: what a webhook delivers. Only what names the changed object is read, because the object itself
//! is fetched anew: deliveries come late, twice and out of order.

use serde::Deserialize;
use serde::Deserializer;
use serde_json::Value;

use crate::Client;
use crate::Error;
use crate::List;
use crate::Operation;
use crate::Transport;
use crate::form::Form;

/// The kinds of events that change what this platform keeps of Stripe's objects: what its webhook endpoint must be
/// subscribed to at least, and what is looked for when deliveries were lost. Stripe lists at most 20 kinds at once.
pub const EVENT_KINDS: &[&str] = &[
    "checkout.session.async_payment_failed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.completed",
    "checkout.session.expired",
    "customer.subscription.created",
    "customer.subscription.updated",
    "customer.subscription.deleted",
    "customer.subscription.trial_will_end",
    "customer.subscription.paused",
    "customer.subscription.resumed",
    "customer.subscription.pending_update_applied",
    "customer.subscription.pending_update_expired",
    "invoice.finalized",
    "invoice.marked_uncollectible",
    "invoice.paid",
    "invoice.payment_action_required",
    "invoice.payment_failed",
    "invoice.voided",
];

/// An event.
#[derive(Debug, Clone, Deserialize)]
pub struct Event {
    /// `evt_…`, the same in every delivery of it.
    pub id: String,
    /// Such as `customer.subscription.updated`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Unix seconds.
    pub created: i64,
    /// Whether real money is meant.
    pub livemode: bool,
    /// The version that `data` is rendered in.
    pub api_version: Option<String>,
    /// What it is about.
    pub data: EventData,
}

/// What an event is about.
#[derive(Debug, Clone, Deserialize)]
pub struct EventData {
    /// The object, as it was.
    pub object: EventObject,
}

/// The object of an event, as far as it is needed to fetch it.
#[derive(Debug, Clone, Deserialize)]
pub struct EventObject {
    /// Absent for a preview such as `invoice.upcoming`.
    pub id: Option<String>,
    /// Such as `subscription`.
    #[serde(default)]
    pub object: String,
    /// `cus_…` where the object belongs to a customer.
    #[serde(default, deserialize_with = "id_of")]
    pub customer: Option<String>,
    /// `sub_…` where the object names one itself (a Checkout Session).
    #[serde(default, deserialize_with = "id_of")]
    pub subscription: Option<String>,
}

/// Takes an id, bare or inside its object, and ignores every other shape: a signed event of a kind that
/// we have never seen must still be stored.
fn id_of<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Reference {
        Id(String),
        Object { id: String },
        Other(serde::de::IgnoredAny),
    }
    Ok(match Reference::deserialize(deserializer)? {
        Reference::Id(id) | Reference::Object { id } => Some(id),
        Reference::Other(_) => None,
    })
}

impl Event {
    /// The customer whom the event is about, also when the object is the customer.
    pub fn customer(&self) -> Option<&str> {
        let object = &self.data.object;
        if object.object == "customer" {
            object.id.as_deref()
        } else {
            object.customer.as_deref()
        }
    }
}

/// An event of a list, as it is understood and as it came.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "Value")]
pub struct ListedEvent {
    /// What names the changed object.
    pub event: Event,
    /// What a webhook would have delivered.
    pub payload: Value,
}

impl TryFrom<Value> for ListedEvent {
    type Error = serde_json::Error;

    fn try_from(payload: Value) -> Result<Self, Self::Error> {
        Ok(Self {
            event: Event::deserialize(&payload)?,
            payload,
        })
    }
}

impl<T: Transport> Client<T> {
    /// A page of the events of [`EVENT_KINDS`] that were made at `since` (Unix seconds) or later, newest first; the
    /// page that follows the event `after`, or the first. Stripe keeps events for 30 days.
    pub async fn list_events(
        &self,
        since: i64,
        after: Option<&str>,
    ) -> Result<List<ListedEvent>, Error> {
        let query = Form::new()
            .with("created[gte]", since)
            .with("limit", 100)
            .with_some("starting_after", after);
        let query = EVENT_KINDS
            .iter()
            .fold(query, |query, kind| query.with("types[]", kind));
        self.get(Operation::ListEvents, None, query).await
    }

    /// Reads an event; Stripe keeps them for 30 days.
    pub async fn retrieve_event(&self, id: &str) -> Result<Event, Error> {
        self.get(Operation::RetrieveEvent, Some(id), Form::new())
            .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::tests::Script;
    use crate::client::tests::now;

    fn event(object: &str) -> Event {
        let event = format!(
            r#"{{"id":"evt_1","type":"x","created":1,"livemode":false,"api_version":null,
            "data":{{"object":{object}}}}}"#
        );
        serde_json::from_str(&event).unwrap()
    }

    #[test]
    fn the_customer_is_found_in_every_shape() {
        assert_eq!(
            event(r#"{"id":"cus_1","object":"customer"}"#).customer(),
            Some("cus_1")
        );
        let bare = r#"{"id":"in_1","object":"invoice","customer":"cus_1"}"#;
        assert_eq!(event(bare).customer(), Some("cus_1"));
        let whole =
            r#"{"id":"in_1","object":"invoice","customer":{"id":"cus_1","object":"customer"}}"#;
        assert_eq!(event(whole).customer(), Some("cus_1"));
    }

    #[test]
    fn a_listed_event_is_kept_as_it_came() {
        let page = r#"{"data":[{"id":"evt_1","type":"invoice.paid","created":1,"livemode":false,
            "api_version":null,"request":{"id":"req_1"},"data":{"object":{"id":"in_1","object":"invoice"}}}],
            "has_more":true}"#;
        let client = Script::client(&[(200, page)]);
        let list = now(client.list_events(5, Some("evt_2"))).unwrap();
        assert!(list.has_more);
        assert_eq!(list.data[0].event.data.object.id.as_deref(), Some("in_1"));
        assert_eq!(list.data[0].payload["request"]["id"], "req_1");
        let target = client.transport().target(0);
        let begin = "GET /v1/events?created%5Bgte%5D=5&limit=100&starting_after=evt_2&types%5B%5D=checkout.";
        assert!(target.starts_with(begin), "{target}");
        assert!(EVENT_KINDS.len() <= 20, "Stripe refuses more");
    }

    #[test]
    fn objects_of_unknown_shape_are_still_events() {
        for object in [
            "{}",
            r#"{"customer":null,"subscription":7}"#,
            r#"{"customer":[]}"#,
        ] {
            assert_eq!(event(object).customer(), None, "{object}");
        }
    }
}
