//! Checkout Sessions: one visit to Stripe's page where a customer starts a subscription.

use serde::Deserialize;

use crate::Client;
use crate::Error;
use crate::List;
use crate::Operation;
use crate::Transport;
use crate::form::Form;

/// A Checkout Session.
#[derive(Debug, Clone, Deserialize)]
pub struct CheckoutSession {
    /// `cs_…`
    pub id: String,
    /// Where to send the browser; absent once the session is not open any more.
    pub url: Option<String>,
    /// Whether it can still be used.
    pub status: Option<CheckoutStatus>,
    /// Whether money has moved. A completed trial is `no_payment_required`.
    pub payment_status: PaymentStatus,
    /// The customer who pays.
    pub customer: Option<String>,
    /// The subscription that it made, once completed.
    pub subscription: Option<String>,
    /// Our account, as given at creation.
    pub client_reference_id: Option<String>,
    /// Unix seconds.
    pub expires_at: i64,
}

/// Whether a session can still be used.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckoutStatus {
    /// Waiting for the customer.
    Open,
    /// Done; the payment may still be on its way.
    Complete,
    /// Too late.
    Expired,
    /// Newer than this code.
    #[serde(untagged)]
    Unknown(String),
}

/// Whether a session's money has moved.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentStatus {
    /// It has.
    Paid,
    /// It has not, or not yet.
    Unpaid,
    /// Nothing is due now, as in a trial.
    NoPaymentRequired,
    /// Newer than this code.
    #[serde(untagged)]
    Unknown(String),
}

/// What a session for one subscription of one price is created with.
#[derive(Debug, Clone, Copy)]
pub struct NewCheckoutSession<'a> {
    /// `cus_…`
    pub customer: &'a str,
    /// `price_…`
    pub price: &'a str,
    /// Our account; comes back in `checkout.session.completed`.
    pub client_reference_id: &'a str,
    /// Where the browser returns; `{CHECKOUT_SESSION_ID}` in it is replaced.
    pub success_url: &'a str,
    /// Where the browser returns when the customer gives up.
    pub cancel_url: &'a str,
    /// Days until the first charge; `None` charges at once.
    pub trial_period_days: Option<u32>,
    /// Unix seconds, 30 minutes to 24 hours from now; `None` is 24 hours.
    pub expires_at: Option<i64>,
    /// Whether the page asks for a promotion code.
    pub allow_promotion_codes: bool,
    /// Our ids on the session.
    pub metadata: &'a [(&'a str, &'a str)],
    /// Our ids on the subscription that it makes.
    pub subscription_metadata: &'a [(&'a str, &'a str)],
}

impl NewCheckoutSession<'_> {
    /// Names no payment methods: since the endive versions Stripe refuses a session that does.
    fn form(&self) -> Form {
        let form = Form::new()
            .with("mode", "subscription")
            .with("customer", self.customer)
            .with("client_reference_id", self.client_reference_id)
            .with("line_items[0][price]", self.price)
            .with("line_items[0][quantity]", 1)
            .with("success_url", self.success_url)
            .with("cancel_url", self.cancel_url)
            .with_some(
                "subscription_data[trial_period_days]",
                self.trial_period_days,
            )
            .with_some("expires_at", self.expires_at)
            .with_map("metadata", self.metadata)
            .with_map("subscription_data[metadata]", self.subscription_metadata);
        if self.allow_promotion_codes {
            form.with("allow_promotion_codes", true)
        } else {
            form
        }
    }
}

impl<T: Transport> Client<T> {
    /// Opens a session.
    pub async fn create_checkout_session(
        &self,
        session: &NewCheckoutSession<'_>,
        idempotency_key: &str,
    ) -> Result<CheckoutSession, Error> {
        let operation = Operation::CreateCheckoutSession;
        self.post(operation, None, session.form(), idempotency_key)
            .await
    }

    /// Reads a session: the browser's return proves nothing, this does.
    pub async fn retrieve_checkout_session(&self, id: &str) -> Result<CheckoutSession, Error> {
        let operation = Operation::RetrieveCheckoutSession;
        self.get(operation, Some(id), Form::new()).await
    }

    /// The sessions of a customer that can still be used, newest first (at most 100).
    pub async fn list_open_checkout_sessions(
        &self,
        customer: &str,
    ) -> Result<List<CheckoutSession>, Error> {
        let query = Form::new()
            .with("customer", customer)
            .with("status", "open")
            .with("limit", 100);
        self.get(Operation::ListCheckoutSessions, None, query).await
    }

    /// Closes an open session, so that two of them cannot both be paid.
    pub async fn expire_checkout_session(
        &self,
        id: &str,
        idempotency_key: &str,
    ) -> Result<CheckoutSession, Error> {
        let operation = Operation::ExpireCheckoutSession;
        self.post(operation, Some(id), Form::new(), idempotency_key)
            .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::tests::Script;
    use crate::client::tests::now;

    const SESSION: &str = r#"{"id":"cs_1","object":"checkout.session","url":"https://pay","status":"open",
        "payment_status":"unpaid","customer":"cus_1","subscription":null,"client_reference_id":"a",
        "expires_at":1795430000,"new_field":{}}"#;

    fn new_session<'a>() -> NewCheckoutSession<'a> {
        NewCheckoutSession {
            customer: "cus_1",
            price: "price_1",
            client_reference_id: "a",
            success_url: "http://app/return?session={CHECKOUT_SESSION_ID}",
            cancel_url: "http://app/plans",
            trial_period_days: Some(3),
            expires_at: None,
            allow_promotion_codes: true,
            metadata: &[],
            subscription_metadata: &[("account_id", "a")],
        }
    }

    #[test]
    fn a_session_is_asked_for_with_nested_fields_and_its_key() {
        let client = Script::client(&[(200, SESSION)]);
        let session = now(client.create_checkout_session(&new_session(), "checkout:1")).unwrap();
        assert_eq!(session.status, Some(CheckoutStatus::Open));
        assert_eq!(session.payment_status, PaymentStatus::Unpaid);
        let script = client.transport();
        assert_eq!(
            script.requests.lock().unwrap()[0].headers()["idempotency-key"],
            "checkout:1"
        );
        assert_eq!(
            script.body(0),
            "mode=subscription&customer=cus_1&client_reference_id=a&line_items%5B0%5D%5Bprice%5D=price_1\
             &line_items%5B0%5D%5Bquantity%5D=1\
             &success_url=http%3A%2F%2Fapp%2Freturn%3Fsession%3D%7BCHECKOUT_SESSION_ID%7D\
             &cancel_url=http%3A%2F%2Fapp%2Fplans&subscription_data%5Btrial_period_days%5D=3\
             &subscription_data%5Bmetadata%5D%5Baccount_id%5D=a&allow_promotion_codes=true"
        );
    }

    #[test]
    fn a_missing_idempotency_key_is_refused_before_sending() {
        let client = Script::client(&[(200, SESSION)]);
        for key in ["", &"k".repeat(256), "line\nbreak"] {
            let answer = now(client.create_checkout_session(&new_session(), key));
            assert!(matches!(answer, Err(Error::InvalidRequest(_))), "{key:?}");
        }
        assert!(client.transport().requests.lock().unwrap().is_empty());
    }

    #[test]
    fn unknown_states_are_kept_as_they_are() {
        let body = SESSION
            .replace("\"open\"", "\"parked\"")
            .replace("\"unpaid\"", "\"half\"");
        let client = Script::client(&[(200, &body)]);
        let session = now(client.retrieve_checkout_session("cs_1")).unwrap();
        assert_eq!(
            session.status,
            Some(CheckoutStatus::Unknown("parked".to_owned()))
        );
        assert_eq!(
            session.payment_status,
            PaymentStatus::Unknown("half".to_owned())
        );
    }
}
