//! `GET /pricing/config`: plans and prices, with an ETag, so that a browser asks once.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use contract::{PlanCard, PricingConfig, PricingDiscounts, PricingProduct, PricingTrial};
use domain::{BillingCycle, Plan, StripePrices, pricing};
use edge::{Anonymous, Answer, Context, Error, Request};

use crate::tagged::Tagged;

thread_local! {
    /// What is sold changes with a release, and variables with a start: the same for every request.
    static WRITTEN: OnceCell<Rc<Tagged>> = const { OnceCell::new() };
}

pub(crate) async fn handle(cx: &Context, _: Anonymous, request: Request) -> Result<Answer, Error> {
    if let Some(written) = WRITTEN.with(|written| written.get().cloned()) {
        return Ok(written.answer(&request));
    }
    let prices = cx.stripe_prices().await?;
    let config = Rc::new(Tagged::new(&config(&prices)?)?);
    let written = WRITTEN.with(|written| Rc::clone(written.get_or_init(|| config)));
    Ok(written.answer(&request))
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
        currency: domain::CURRENCY.to_owned(),
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
