//! The validated content of `config/pricing.toml`.

use std::sync::OnceLock;

use crate::plan::UNLIMITED;
use crate::pricing_schema::{Limit, Pricing};

/// What prices are in: ISO 4217, lower case, as Stripe writes it.
pub const CURRENCY: &str = "usd";

/// Everything that is sold. The same for every request, so it may live in a static.
///
/// # Panics
/// Never: the text was written from the same type when this was built.
#[expect(
    clippy::expect_used,
    reason = "the build script wrote this text from the same type"
)]
pub fn pricing() -> &'static Pricing {
    static PRICING: OnceLock<Pricing> = OnceLock::new();
    PRICING.get_or_init(|| {
        serde_json::from_str(include_str!(concat!(env!("OUT_DIR"), "/pricing.json")))
            .expect("pricing.json is what the build script wrote")
    })
}

/// A limit as the integer that columns and wire fields hold.
pub fn limit_as_number(limit: Limit) -> i32 {
    match limit {
        Limit::AtMost(number) => i32::try_from(number).unwrap_or(UNLIMITED).min(UNLIMITED),
        Limit::Unbounded(_) => UNLIMITED,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Plan;

    #[test]
    fn every_plan_has_terms() {
        for plan in Plan::ALL {
            assert!(!plan.terms().name.is_empty());
        }
    }

    #[test]
    fn yearly_costs_what_the_discount_says() {
        let discount = pricing().discounts.annual_percentage;
        for plan in Plan::ALL {
            let terms = plan.terms();
            if let (Some(monthly), Some(yearly)) = (terms.price_monthly, terms.price_yearly) {
                assert_eq!(yearly, monthly * 12 * (100 - discount) / 100, "{plan}");
            }
        }
    }

    #[test]
    fn trials_are_for_paid_plans() {
        assert_eq!(Plan::Free.trial_days(), 0);
        assert_eq!(Plan::Hobby.trial_days(), pricing().trial.days);
    }
}
