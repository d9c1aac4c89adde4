//! Events: what a webhook delivers. Only what names the changed object is read, because the object itself
//! is fetched anew: deliveries come late, twice and out of order.

use serde::Deserialize;
use serde::Deserializer;

use crate::Client;
use crate::Error;
use crate::Operation;
use crate::Transport;
use crate::form::Form;

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

impl<T: Transport> Client<T> {
    /// Reads an event; Stripe keeps them for 30 days.
    pub async fn retrieve_event(&self, id: &str) -> Result<Event, Error> {
        self.get(Operation::RetrieveEvent, Some(id), Form::new())
            .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
