//! Invoices.

use serde::Deserialize;

use crate::Client;
use crate::Error;
use crate::List;
use crate::Operation;
use crate::PriceChange;
use crate::Transport;
use crate::form::Form;

/// An invoice.
#[derive(Debug, Clone, Deserialize)]
pub struct Invoice {
    /// `in_…`
    pub id: String,
    /// The number that the customer sees; none while it is a draft.
    pub number: Option<String>,
    /// Where it stands.
    pub status: Option<InvoiceStatus>,
    /// Minor units of `currency`.
    pub amount_due: i64,
    /// Minor units of `currency`.
    pub amount_paid: i64,
    /// ISO 4217 in small letters.
    pub currency: String,
    /// Stripe's page of it.
    pub hosted_invoice_url: Option<String>,
    /// Its PDF.
    pub invoice_pdf: Option<String>,
    /// What made it.
    pub parent: Option<InvoiceParent>,
    /// `cus_…`
    pub customer: Option<String>,
    /// Unix seconds.
    pub created: i64,
    /// How often a charge was tried.
    #[serde(default)]
    pub attempt_count: u32,
    /// When it is tried again, Unix seconds; none when that is over.
    pub next_payment_attempt: Option<i64>,
}

/// What an invoice would be.
#[derive(Debug, Clone, Deserialize)]
pub struct InvoicePreview {
    /// Of its lines; negative where more is given back than is charged. Minor units of `currency`.
    pub total: i64,
    /// After the customer's balance; never negative. Minor units of `currency`.
    pub amount_due: i64,
    /// ISO 4217 in small letters.
    pub currency: String,
    /// What it is made of.
    #[serde(default)]
    pub lines: List<InvoiceLine>,
}

/// A line of an invoice.
#[derive(Debug, Clone, Deserialize)]
pub struct InvoiceLine {
    /// In words.
    pub description: Option<String>,
    /// Minor units of the invoice's currency.
    pub amount: i64,
}

/// What made an invoice. The subscription moved here with the basil versions.
#[derive(Debug, Clone, Deserialize)]
pub struct InvoiceParent {
    /// Present when a subscription made it.
    pub subscription_details: Option<SubscriptionDetails>,
}

/// The subscription behind an invoice.
#[derive(Debug, Clone, Deserialize)]
pub struct SubscriptionDetails {
    /// `sub_…`
    pub subscription: Option<String>,
}

/// Where an invoice stands.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InvoiceStatus {
    /// Can still change.
    Draft,
    /// Waits for payment.
    Open,
    /// Paid, or nothing was due.
    Paid,
    /// Given up.
    Uncollectible,
    /// Taken back.
    Void,
    /// Newer than this code.
    #[serde(untagged)]
    Unknown(String),
}

impl InvoiceStatus {
    /// Stripe's word.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Draft => "draft",
            Self::Open => "open",
            Self::Paid => "paid",
            Self::Uncollectible => "uncollectible",
            Self::Void => "void",
            Self::Unknown(word) => word,
        }
    }
}

impl Invoice {
    /// The subscription that made it, if one did.
    pub fn subscription(&self) -> Option<&str> {
        self.parent
            .as_ref()?
            .subscription_details
            .as_ref()?
            .subscription
            .as_deref()
    }
}

impl<T: Transport> Client<T> {
    /// Reads an invoice.
    pub async fn retrieve_invoice(&self, id: &str) -> Result<Invoice, Error> {
        self.get(Operation::RetrieveInvoice, Some(id), Form::new())
            .await
    }

    /// What another price for a subscription would cost. Changes nothing.
    pub async fn preview_price_change(
        &self,
        subscription: &str,
        change: &PriceChange<'_>,
        idempotency_key: &str,
    ) -> Result<InvoicePreview, Error> {
        let form = Form::new()
            .with("subscription", subscription)
            .and(change.form(|name| format!("subscription_details[{name}]")));
        let operation = Operation::CreateInvoicePreview;
        self.post(operation, None, form, idempotency_key).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::tests::Script;
    use crate::client::tests::now;

    #[test]
    fn the_subscription_is_found_under_parent() {
        let body = r#"{"id":"in_1","object":"invoice","number":"A-0001","status":"paid","amount_due":2000,
            "amount_paid":2000,"currency":"usd","hosted_invoice_url":"https://i","invoice_pdf":null,
            "parent":{"type":"subscription_details","subscription_details":{"subscription":"sub_1"}},
            "customer":"cus_1","created":5,"attempt_count":1,"next_payment_attempt":null}"#;
        let client = Script::client(&[(200, body)]);
        let invoice = now(client.retrieve_invoice("in_1")).unwrap();
        assert_eq!(invoice.subscription(), Some("sub_1"));
        assert_eq!(invoice.status, Some(InvoiceStatus::Paid));
        assert_eq!(invoice.status.unwrap().as_str(), "paid");
    }
}
