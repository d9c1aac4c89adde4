//! Every call that this platform makes to Stripe. A request can only be built from this table, and a test sends
//! each of its rows to stripe-mock, so that none goes out unchecked.

use http::Method;

use crate::Error;

/// Longer than any id that Stripe makes; it refuses longer ones too.
const MAX_ID_CHARS: usize = 255;

macro_rules! operations {
    ($($(#[$doc:meta])* $name:ident => $method:ident $path:literal;)*) => {
        /// A call to Stripe.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Operation {
            $($(#[$doc])* $name,)*
        }

        impl Operation {
            /// All calls.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The method, and the path with `{id}` for an object's id.
            pub(crate) fn target(self) -> (Method, &'static str) {
                match self {
                    $(Self::$name => (Method::$method, $path),)*
                }
            }
        }
    };
}

operations! {
    /// Opens a Checkout Session.
    CreateCheckoutSession => POST "/v1/checkout/sessions";
    /// Reads a Checkout Session.
    RetrieveCheckoutSession => GET "/v1/checkout/sessions/{id}";
    /// Lists Checkout Sessions.
    ListCheckoutSessions => GET "/v1/checkout/sessions";
    /// Closes a Checkout Session.
    ExpireCheckoutSession => POST "/v1/checkout/sessions/{id}/expire";
    /// Ends a subscription.
    CancelSubscription => DELETE "/v1/subscriptions/{id}";
    /// Creates a customer.
    CreateCustomer => POST "/v1/customers";
    /// Reads a customer.
    RetrieveCustomer => GET "/v1/customers/{id}";
    /// Reads an event.
    RetrieveEvent => GET "/v1/events/{id}";
    /// Lists events.
    ListEvents => GET "/v1/events";
    /// Reads an invoice.
    RetrieveInvoice => GET "/v1/invoices/{id}";
    /// Opens a portal session.
    CreatePortalSession => POST "/v1/billing_portal/sessions";
    /// Creates a price.
    CreatePrice => POST "/v1/prices";
    /// Lists prices.
    ListPrices => GET "/v1/prices";
    /// Tells what an invoice would be.
    CreateInvoicePreview => POST "/v1/invoices/create_preview";
    /// Creates a product.
    CreateProduct => POST "/v1/products";
    /// Reads a product.
    RetrieveProduct => GET "/v1/products/{id}";
    /// Reads a subscription.
    RetrieveSubscription => GET "/v1/subscriptions/{id}";
    /// Lists subscriptions.
    ListSubscriptions => GET "/v1/subscriptions";
    /// Changes a subscription.
    UpdateSubscription => POST "/v1/subscriptions/{id}";
}

impl Operation {
    /// The path for one object. Ids come from the database and from webhooks, so that one with a slash or a
    /// question mark in it must not become another call.
    pub(crate) fn path(self, id: Option<&str>) -> Result<String, Error> {
        let (_, template) = self.target();
        let Some(id) = id else {
            return Ok(template.to_owned());
        };
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
        if id.is_empty() || id.len() > MAX_ID_CHARS || !id.bytes().all(is_plain) {
            return Err(Error::InvalidRequest(
                "an id has letters, digits, hyphens and underscores",
            ));
        }
        Ok(template.replace("{id}", id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_cannot_become_another_path() {
        for id in [
            "",
            "..",
            "sub_1/x",
            "sub_1?x",
            "sub 1",
            "sub_%2e",
            "süb",
            &"x".repeat(256),
        ] {
            let path = Operation::RetrieveSubscription.path(Some(id));
            assert!(path.is_err(), "{id:?}");
        }
        let path = Operation::ExpireCheckoutSession.path(Some("cs_1"));
        assert_eq!(path.unwrap(), "/v1/checkout/sessions/cs_1/expire");
    }
}
