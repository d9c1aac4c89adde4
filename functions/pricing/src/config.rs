//! `GET /pricing/config`: plans and prices, with an ETag, so that a browser asks once.

use std::collections::BTreeMap;

use contract::{PlanCard, PricingConfig, PricingDiscounts, PricingProduct, PricingTrial};
use domain::{BillingCycle, Plan, StripePrices, pricing};
use edge::{Anonymous, Answer, Context, ETAG, Error, Request, StatusCode};
use sha2::{Digest, Sha256};

/// Prices change with a release; five minutes old is fresh enough.
const CACHE: &str = "public, max-age=300";

pub(crate) async fn handle(cx: &Context, _: Anonymous, request: Request) -> Result<Answer, Error> {
    let prices: StripePrices = cx.settings.get("stripe_prices").await?.parse().map_err(
        |error: domain::StripePricesError| Error::Misconfigured("stripe_prices", error.to_string()),
    )?;
    let body = serde_json::to_vec(&config(&prices)?).map_err(|e| Error::Internal(e.to_string()))?;
    let etag = format!("\"{}\"", hex::encode(&Sha256::digest(&body)[..16]));
    let known = request.header("if-none-match").is_some_and(|tags| {
        tags.split(',')
            .any(|tag| tag.trim().trim_start_matches("W/") == etag || tag.trim() == "*")
    });
    let answer = if known {
        Answer::empty(StatusCode::NOT_MODIFIED)
    } else {
        Answer::new(StatusCode::OK, "application/json", body)
    };
    Ok(answer.with_header(ETAG, &etag).cached(CACHE))
}

fn config(prices: &StripePrices) -> Result<PricingConfig, Error> {
    let sold = pricing();
    let mut plans = BTreeMap::new();
    for plan in Plan::ALL {
        plans.insert(plan.key().to_owned(), card(plan, prices)?);
    }
    Ok(PricingConfig {
        product: PricingProduct {
            name: sold.product.name.clone(),
            description: sold.product.description.clone(),
            metadata: BTreeMap::from([("platform".to_owned(), "mindroom".to_owned())]),
        },
        plans,
        trial: PricingTrial {
            enabled: sold.trial.enabled,
            days: sold.trial.days,
            applicable_plans: sold.trial.plans.clone(),
        },
        discounts: PricingDiscounts {
            annual_percentage: sold.discounts.annual_percentage,
        },
    })
}

fn card(plan: Plan, prices: &StripePrices) -> Result<PlanCard, Error> {
    let terms = plan.terms();
    let price_id = |cycle| prices.price(plan, cycle).map(str::to_owned);
    let (monthly, yearly) = (
        price_id(BillingCycle::Monthly),
        price_id(BillingCycle::Yearly),
    );
    let limits = serde_json::to_value(&terms.limits)
        .and_then(serde_json::from_value)
        .map_err(|error| Error::Internal(error.to_string()))?;
    Ok(PlanCard {
        name: terms.name.clone(),
        price_monthly: in_words(terms.price_monthly),
        price_yearly: in_words(terms.price_yearly),
        amount_monthly: terms.price_monthly,
        amount_yearly: terms.price_yearly,
        currency: "usd".to_owned(),
        description: terms.description.clone(),
        features: terms.features.clone(),
        limits,
        recommended: terms.recommended,
        included_ai_budget_usd: terms.included_ai_budget_usd,
        requires_customer_provider_keys: terms.requires_customer_provider_keys,
        resource_profile: terms.resource_profile.clone(),
        runs_instances: terms.runs_instances,
        available: plan == Plan::Free || monthly.is_some() || yearly.is_some(),
        stripe_price_id_monthly: monthly,
        stripe_price_id_yearly: yearly,
    })
}

/// Minor units as people write them.
fn in_words(amount: Option<u32>) -> String {
    match amount {
        None => "custom".to_owned(),
        Some(cents) if cents % 100 == 0 => format!("${}", cents / 100),
        Some(cents) => format!("${}.{:02}", cents / 100, cents % 100),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_written_as_people_do() {
        assert_eq!(in_words(Some(2000)), "$20");
        assert_eq!(in_words(Some(1999)), "$19.99");
        assert_eq!(in_words(None), "custom");
    }

    #[test]
    fn only_plans_with_a_price_can_be_bought() {
        let prices = "hobby_monthly=price_1".parse().unwrap();
        let config = config(&prices).unwrap();
        assert!(config.plans["hobby"].available);
        assert!(!config.plans["pro"].available);
        assert_eq!(
            config.plans["hobby"].stripe_price_id_monthly.as_deref(),
            Some("price_1")
        );
    }
}
