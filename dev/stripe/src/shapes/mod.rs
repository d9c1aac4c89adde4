//! The large objects as Stripe renders them when nothing is set; code fills in what is.

use serde_json::Value;

pub(crate) const CHARGE: &str = include_str!("charge.json");
pub(crate) const CHECKOUT_SESSION: &str = include_str!("checkout_session.json");
pub(crate) const INVOICE: &str = include_str!("invoice.json");
pub(crate) const PAYMENT_INTENT: &str = include_str!("payment_intent.json");
pub(crate) const PORTAL_CONFIGURATION: &str = include_str!("portal_configuration.json");
pub(crate) const SETUP_INTENT: &str = include_str!("setup_intent.json");
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
        let shapes = [
            (CHARGE, "charge"),
            (CHECKOUT_SESSION, "checkout.session"),
            (INVOICE, "invoice"),
            (PAYMENT_INTENT, "payment_intent"),
            (PORTAL_CONFIGURATION, "billing_portal.configuration"),
            (SETUP_INTENT, "setup_intent"),
            (SUBSCRIPTION, "subscription"),
        ];
        for (shape, kind) in shapes {
            assert_eq!(fill(shape, json!({ "id": "x" }))["object"], kind);
        }
    }
}
