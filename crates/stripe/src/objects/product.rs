//! Products: what is sold. Their ids are ours, so that a second run finds what the first made.

use serde::Deserialize;

use crate::Client;
use crate::Error;
use crate::Operation;
use crate::Transport;
use crate::form::Form;

/// A product.
#[derive(Debug, Clone, Deserialize)]
pub struct Product {
    /// Ours, or `prod_…`.
    pub id: String,
    /// What the customer reads.
    pub name: String,
    /// Whether it is still sold.
    pub active: bool,
}

/// What a product should be.
#[derive(Debug, Clone, Copy)]
pub struct WantedProduct<'a> {
    /// Our own id.
    pub id: &'a str,
    /// What the customer reads.
    pub name: &'a str,
    /// A sentence about it.
    pub description: Option<&'a str>,
}

impl<T: Transport> Client<T> {
    /// Reads a product.
    pub async fn retrieve_product(&self, id: &str) -> Result<Product, Error> {
        self.get(Operation::RetrieveProduct, Some(id), Form::new())
            .await
    }

    /// Finds the product of that id, or creates it. One that is there stays as it is.
    pub async fn ensure_product(&self, wanted: &WantedProduct<'_>) -> Result<Product, Error> {
        match self.retrieve_product(wanted.id).await {
            Err(error) if error.is_missing() => {}
            other => return other,
        }
        let form = Form::new()
            .with("id", wanted.id)
            .with("name", wanted.name)
            .with_some("description", wanted.description);
        let idempotency_key = format!("product:{}:{}", wanted.id, wanted.name);
        self.post(Operation::CreateProduct, None, form, &idempotency_key)
            .await
    }
}
