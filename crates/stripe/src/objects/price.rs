//! Prices: what a product costs. Amounts are fixed for ever, so that a changed one is a new price that
//! takes over the lookup key.

use serde::Deserialize;

use crate::Client;
use crate::Error;
use crate::List;
use crate::Operation;
use crate::Transport;
use crate::form::Form;

/// A price.
#[derive(Debug, Clone, Deserialize)]
pub struct Price {
    /// `price_…`
    pub id: String,
    /// Our name for it, which a newer price can take over.
    pub lookup_key: Option<String>,
    /// The product's id.
    pub product: Option<String>,
    /// Minor units of `currency`.
    pub unit_amount: Option<i64>,
    /// ISO 4217 in small letters.
    #[serde(default)]
    pub currency: String,
    /// How often it is charged.
    pub recurring: Option<Recurring>,
}

/// How often a price is charged.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Recurring {
    /// The unit.
    pub interval: Interval,
    /// How many units.
    #[serde(default = "one")]
    pub interval_count: u32,
}

fn one() -> u32 {
    1
}

/// The unit of a price's period.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Interval {
    /// A month.
    Month,
    /// A year.
    Year,
    /// One that we do not sell by, such as `week`.
    #[serde(untagged)]
    Other(String),
}

impl Interval {
    /// Stripe's word.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Month => "month",
            Self::Year => "year",
            Self::Other(word) => word,
        }
    }
}

/// What the price behind a lookup key should be.
#[derive(Debug, Clone)]
pub struct WantedPrice<'a> {
    /// Our name for it, such as `hobby_monthly`.
    pub lookup_key: &'a str,
    /// The product's id.
    pub product: &'a str,
    /// Minor units of `currency`.
    pub unit_amount: i64,
    /// ISO 4217 in small letters.
    pub currency: &'a str,
    /// How often it is charged.
    pub interval: Interval,
}

impl WantedPrice<'_> {
    fn is(&self, price: &Price) -> bool {
        let recurring = Recurring {
            interval: self.interval.clone(),
            interval_count: 1,
        };
        price.product.as_deref() == Some(self.product)
            && price.unit_amount == Some(self.unit_amount)
            && price.currency == self.currency
            && price.recurring.as_ref() == Some(&recurring)
    }

    fn form(&self) -> Form {
        Form::new()
            .with("product", self.product)
            .with("unit_amount", self.unit_amount)
            .with("currency", self.currency)
            .with("recurring[interval]", self.interval.as_str())
            .with("lookup_key", self.lookup_key)
            .with("transfer_lookup_key", true)
    }
}

impl<T: Transport> Client<T> {
    /// The active prices behind these lookup keys (at most ten, by Stripe's rule).
    pub async fn list_prices(&self, lookup_keys: &[&str]) -> Result<List<Price>, Error> {
        let mut query = Form::new().with("active", true).with("limit", 100);
        for key in lookup_keys {
            query = query.with("lookup_keys[]", key);
        }
        self.get(Operation::ListPrices, None, query).await
    }

    /// Finds the price behind the lookup key, or makes one when there is none or it costs something else.
    pub async fn ensure_price(&self, wanted: &WantedPrice<'_>) -> Result<Price, Error> {
        let found = self.list_prices(&[wanted.lookup_key]).await?;
        let mut found = found.data.into_iter();
        if let Some(price) = found.find(|price| wanted.is(price)) {
            return Ok(price);
        }
        let form = wanted.form();
        let idempotency_key = format!(
            "price:{}:{}:{}:{}:{}",
            wanted.lookup_key,
            wanted.product,
            wanted.unit_amount,
            wanted.currency,
            wanted.interval.as_str()
        );
        self.post(Operation::CreatePrice, None, form, &idempotency_key)
            .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::tests::Script;
    use crate::client::tests::now;

    const PRICE: &str = r#"{"id":"price_1","object":"price","lookup_key":"hobby_monthly","product":"hobby",
        "unit_amount":2000,"currency":"usd","recurring":{"interval":"month","interval_count":1}}"#;

    fn wanted(unit_amount: i64) -> WantedPrice<'static> {
        WantedPrice {
            lookup_key: "hobby_monthly",
            product: "hobby",
            unit_amount,
            currency: "usd",
            interval: Interval::Month,
        }
    }

    #[test]
    fn a_price_that_fits_is_used_again() {
        let list = format!(r#"{{"data":[{PRICE}],"has_more":false}}"#);
        let client = Script::client(&[(200, &list)]);
        assert_eq!(
            now(client.ensure_price(&wanted(2000))).unwrap().id,
            "price_1"
        );
        let asked = client.transport().target(0);
        assert_eq!(
            asked,
            "GET /v1/prices?active=true&limit=100&lookup_keys%5B%5D=hobby_monthly"
        );
    }

    #[test]
    fn a_changed_amount_makes_a_price_that_takes_the_key_over() {
        let list = format!(r#"{{"data":[{PRICE}],"has_more":false}}"#);
        let created = PRICE.replace("price_1", "price_2");
        let client = Script::client(&[(200, &list), (200, &created)]);
        assert_eq!(
            now(client.ensure_price(&wanted(2500))).unwrap().id,
            "price_2"
        );
        let body = client.transport().body(1);
        assert!(body.contains("unit_amount=2500"), "{body}");
        assert!(body.ends_with("transfer_lookup_key=true"), "{body}");
    }

    #[test]
    fn another_interval_is_another_price() {
        let price: Price = serde_json::from_str(&PRICE.replace("month\"", "week\"")).unwrap();
        assert_eq!(price.recurring.as_ref().unwrap().interval.as_str(), "week");
        assert!(!wanted(2000).is(&price));
    }
}
