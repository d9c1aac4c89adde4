//! The large objects as Stripe renders them when nothing is set; code fills in what is.

use serde_json::Value;

pub(crate) const CHECKOUT_SESSION: &str = include_str!("checkout_session.json");
pub(crate) const INVOICE: &str = include_str!("invoice.json");
pub(crate) const SUBSCRIPTION: &str = include_str!("subscription.json");

/// The shape with `fields` put in.
pub(crate) fn fill(shape: &str, fields: Value) -> Value {
    // The shapes are part of this program, and the test below reads each of them.
    let mut filled = serde_json::from_str(shape).unwrap_or_default();
    if let (Value::Object(filled), Value::Object(fields)) = (&mut filled, fields) {
        filled.extend(fields);
    }
    filled
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_shape_is_an_object_of_its_kind() {
        let kinds = [CHECKOUT_SESSION, INVOICE, SUBSCRIPTION]
            .map(|shape| fill(shape, json!({ "id": "x" })))
            .map(|object| object["object"].as_str().map(str::to_owned));
        let wanted = ["checkout.session", "invoice", "subscription"];
        assert_eq!(kinds, wanted.map(|kind| Some(kind.to_owned())));
    }
}
