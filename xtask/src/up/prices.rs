//! Stripe's product and prices, made from `config/pricing.toml`.

use std::time::Duration;

use anyhow::{Context, Result};
use bytes::Bytes;
use domain::{BillingCycle, Plan, pricing};
use stripe::{Client, Interval, SecretKey, Transport, TransportError, WantedPrice, WantedProduct};

use super::secrets::Secret;

/// Our own id of the product, so that a second run finds it.
const PRODUCT: &str = "mindroom";
const CURRENCY: &str = "usd";

/// Makes what is missing and answers the variable `stripe_prices`: `hobby_monthly=price_1,…`.
pub(crate) async fn sync(api_url: &str, key: &Secret) -> Result<String> {
    let stripe = Client::new(Http::new()?, api_url, SecretKey::new(key.expose())?)?;
    let product = WantedProduct {
        id: PRODUCT,
        name: &pricing().product.name,
        description: Some(&pricing().product.description),
    };
    let product = stripe
        .ensure_product(&product)
        .await
        .context("make Stripe's product")?;
    let mut entries = Vec::new();
    for (lookup_key, amount, interval) in wanted() {
        let wanted = WantedPrice {
            lookup_key: &lookup_key,
            product: &product.id,
            unit_amount: amount,
            currency: CURRENCY,
            interval,
        };
        let price = stripe
            .ensure_price(&wanted)
            .await
            .with_context(|| format!("make Stripe's price {lookup_key}"))?;
        entries.push(format!("{lookup_key}={}", price.id));
    }
    Ok(entries.join(","))
}

/// Every plan and cycle that costs a fixed amount: lookup key, minor units, period.
fn wanted() -> Vec<(String, i64, Interval)> {
    let mut wanted = Vec::new();
    for plan in Plan::ALL {
        let terms = plan.terms();
        let cycles = [
            (BillingCycle::Monthly, terms.price_monthly, Interval::Month),
            (BillingCycle::Yearly, terms.price_yearly, Interval::Year),
        ];
        for (cycle, amount, interval) in cycles {
            // Free costs nothing, enterprise is by agreement: Stripe sells neither.
            if let Some(amount) = amount.filter(|amount| *amount > 0) {
                wanted.push((
                    format!("{}_{}", plan.key(), cycle.key()),
                    amount.into(),
                    interval,
                ));
            }
        }
    }
    wanted
}

/// Stripe's transport over reqwest.
struct Http(reqwest::Client);

impl Http {
    fn new() -> Result<Self> {
        Ok(Self(client()?))
    }
}

/// An HTTP client with a limit; our own parts answer at once.
pub(crate) fn client() -> Result<reqwest::Client> {
    reqwest::Client::builder()
        .timeout(Duration::from_secs(20))
        .no_proxy()
        .build()
        .context("make an HTTP client")
}

impl Transport for Http {
    async fn send(
        &self,
        request: http::Request<Bytes>,
    ) -> Result<http::Response<Bytes>, TransportError> {
        let request = request.try_into().map_err(TransportError::new)?;
        let answer = self.0.execute(request).await.map_err(TransportError::new)?;
        let status = answer.status();
        let headers = answer.headers().clone();
        let mut response = http::Response::new(answer.bytes().await.map_err(TransportError::new)?);
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        Ok(response)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_paid_plan_is_sold_by_month_and_year_and_the_others_are_not() {
        let wanted = wanted();
        let amount = |key: &str| {
            wanted
                .iter()
                .find(|entry| entry.0 == key)
                .map(|entry| entry.1)
        };
        assert_eq!(
            amount("hobby_monthly"),
            Plan::Hobby.terms().price_monthly.map(i64::from)
        );
        assert!(amount("hobby_yearly").is_some());
        assert_eq!(amount("free_monthly"), None);
        assert_eq!(amount("enterprise_monthly"), None);
    }
}
