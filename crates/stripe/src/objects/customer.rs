//! Customers: one for each account that ever wanted to pay.

use serde::Deserialize;

use crate::Client;
use crate::Error;
use crate::Operation;
use crate::Transport;
use crate::form::Form;

/// A customer.
#[derive(Debug, Clone, Deserialize)]
pub struct Customer {
    /// `cus_…`
    pub id: String,
    /// Where receipts go.
    pub email: Option<String>,
    /// Set when the customer was deleted: Stripe still answers 200 for its id.
    #[serde(default)]
    pub deleted: bool,
}

/// What a customer is created with.
#[derive(Debug, Clone, Copy, Default)]
pub struct NewCustomer<'a> {
    /// Where receipts go.
    pub email: Option<&'a str>,
    /// The name on invoices.
    pub name: Option<&'a str>,
    /// Our ids, for people who look at Stripe's dashboard. Nothing is decided by them.
    pub metadata: &'a [(&'a str, &'a str)],
}

impl<T: Transport> Client<T> {
    /// Creates a customer. Derive the idempotency key from the account, so that it gets only one.
    pub async fn create_customer(
        &self,
        customer: &NewCustomer<'_>,
        idempotency_key: &str,
    ) -> Result<Customer, Error> {
        let form = Form::new()
            .with_some("email", customer.email)
            .with_some("name", customer.name)
            .with_map("metadata", customer.metadata);
        self.post(Operation::CreateCustomer, None, form, idempotency_key)
            .await
    }

    /// Reads a customer; look at `deleted`.
    pub async fn retrieve_customer(&self, id: &str) -> Result<Customer, Error> {
        self.get(Operation::RetrieveCustomer, Some(id), Form::new())
            .await
    }
}
