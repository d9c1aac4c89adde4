//! Billing portal sessions: Stripe's page where a customer looks after a subscription.

use std::fmt;

use serde::Deserialize;

use crate::Client;
use crate::Error;
use crate::Operation;
use crate::Transport;
use crate::form::Form;

/// A portal session. Whoever holds its URL acts as the customer, so that it is made for each click,
/// never stored and never logged.
#[derive(Clone, Deserialize)]
pub struct PortalSession {
    /// `bps_…`
    pub id: String,
    /// Where to send the browser.
    pub url: String,
}

impl fmt::Debug for PortalSession {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("PortalSession")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// What a portal session is created with.
#[derive(Debug, Clone, Copy)]
pub struct NewPortalSession<'a> {
    /// `cus_…`
    pub customer: &'a str,
    /// Where the page's way back leads.
    pub return_url: &'a str,
    /// `bpc_…`; `None` is the account's default, which somebody may change in the dashboard.
    pub configuration: Option<&'a str>,
}

impl<T: Transport> Client<T> {
    /// Opens a portal session.
    pub async fn create_portal_session(
        &self,
        session: &NewPortalSession<'_>,
        idempotency_key: &str,
    ) -> Result<PortalSession, Error> {
        let form = Form::new()
            .with("customer", session.customer)
            .with("return_url", session.return_url)
            .with_some("configuration", session.configuration);
        let operation = Operation::CreatePortalSession;
        self.post(operation, None, form, idempotency_key).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_url_is_not_printed() {
        let session = PortalSession {
            id: "bps_1".to_owned(),
            url: "https://secret".to_owned(),
        };
        assert!(!format!("{session:?}").contains("secret"));
    }
}
