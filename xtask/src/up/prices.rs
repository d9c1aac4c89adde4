//! Stripe's product and prices, made from `config/pricing.toml`.

use std::time::Duration;

use anyhow::{Context, Result};
use bytes::Bytes;
use domain::{BillingCycle, Plan, pricing};
use stripe::{Client, Interval, SecretKey, Transport, TransportError, WantedPrice, WantedProduct};

use super::secrets::Secret;

const CURRENCY: &str = "usd";

/// Makes what is missing and answers the variable `stripe_prices`: `hobby_monthly=price_1,…`.
pub(crate) async fn sync(api_url: &str, key: &Secret) -> Result<String> {
    let stripe = Client::new(Http::new()?, api_url, SecretKey::new(key.expose())?)?;
    let mut entries = Vec::new();
    for plan in Plan::ALL {
        let prices = prices_of(plan);
        if prices.is_empty() {
            continue; // free costs nothing, enterprise is by agreement: Stripe sells neither
        }
        let product = ensure_product(&stripe, plan).await?;
        for price in prices {
            let wanted = WantedPrice {
                lookup_key: &price.lookup_key,
                product: &product,
                unit_amount: price.amount,
                currency: CURRENCY,
                interval: price.interval,
            };
            let made = stripe
                .ensure_price(&wanted)
                .await
                .with_context(|| format!("make Stripe's price {}", price.lookup_key))?;
            entries.push(format!("{}={}", price.lookup_key, made.id));
        }
    }
    Ok(entries.join(","))
}

/// One product per plan, since its name is what Stripe's pages and invoices show. The id is ours, so that a second
/// run finds it.
async fn ensure_product(stripe: &Client<Http>, plan: Plan) -> Result<String> {
    let terms = plan.terms();
    let product = WantedProduct {
        id: &format!("mindroom_{}", plan.key()),
        name: &format!("{} {}", pricing().product.name, terms.name),
        description: Some(&terms.description),
    };
    let made = stripe.ensure_product(&product).await;
    Ok(made
        .with_context(|| format!("make Stripe's product for {}", plan.key()))?
        .id)
}

/// What a plan costs for one period.
struct PlanPrice {
    lookup_key: String,
    /// Minor units.
    amount: i64,
    interval: Interval,
}

/// The prices of a plan that costs a fixed amount; none for the others.
fn prices_of(plan: Plan) -> Vec<PlanPrice> {
    let terms = plan.terms();
    let cycles = [
        (BillingCycle::Monthly, terms.price_monthly, Interval::Month),
        (BillingCycle::Yearly, terms.price_yearly, Interval::Year),
    ];
    let paid = |(cycle, amount, interval): (BillingCycle, Option<u32>, Interval)| {
        let amount = amount.filter(|amount| *amount > 0)?;
        Some(PlanPrice {
            lookup_key: format!("{}_{}", plan.key(), cycle.key()),
            amount: amount.into(),
            interval,
        })
    };
    cycles.into_iter().filter_map(paid).collect()
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
        let hobby = prices_of(Plan::Hobby);
        let keys: Vec<&str> = hobby
            .iter()
            .map(|price| price.lookup_key.as_str())
            .collect();
        assert_eq!(keys, ["hobby_monthly", "hobby_yearly"]);
        assert_eq!(
            Some(hobby[0].amount),
            Plan::Hobby.terms().price_monthly.map(i64::from)
        );
        assert!(prices_of(Plan::Free).is_empty());
        assert!(prices_of(Plan::Enterprise).is_empty());
    }
}
