//! Billing cycles, and which of Stripe's prices is which plan.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::Plan;

/// How often a subscription is charged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BillingCycle {
    /// Every month.
    Monthly,
    /// Every year.
    Yearly,
}

impl BillingCycle {
    /// The word on the wire and in SQL.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Monthly => "monthly",
            Self::Yearly => "yearly",
        }
    }
}

impl fmt::Display for BillingCycle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key())
    }
}

/// A word that names no cycle.
#[derive(Debug, thiserror::Error)]
#[error("no such billing cycle")]
pub struct UnknownCycle;

impl FromStr for BillingCycle {
    type Err = UnknownCycle;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "monthly" => Ok(Self::Monthly),
            "yearly" => Ok(Self::Yearly),
            _ => Err(UnknownCycle),
        }
    }
}

/// Stripe's price ids of this environment, from the variable `stripe_prices`:
/// `hobby_monthly=price_1,hobby_yearly=price_2,…`.
#[derive(Debug, Clone, Default)]
pub struct StripePrices {
    by_id: BTreeMap<String, (Plan, BillingCycle)>,
}

/// Why a list of price ids cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum StripePricesError {
    /// An entry is not `plan_cycle=price`.
    #[error("`{0}` is not of the form plan_cycle=price")]
    Form(String),
    /// One price id stands for two plans.
    #[error("price `{0}` is named twice")]
    Twice(String),
}

impl FromStr for StripePrices {
    type Err = StripePricesError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut by_id = BTreeMap::new();
        for entry in text
            .split(',')
            .map(str::trim)
            .filter(|entry| !entry.is_empty())
        {
            let form = || StripePricesError::Form(entry.to_owned());
            let (key, id) = entry.split_once('=').ok_or_else(form)?;
            let (plan, cycle) = key.rsplit_once('_').ok_or_else(form)?;
            let plan: Plan = plan.parse().map_err(|_| form())?;
            let cycle: BillingCycle = cycle.parse().map_err(|_| form())?;
            if id.is_empty() {
                return Err(form());
            }
            if by_id.insert(id.to_owned(), (plan, cycle)).is_some() {
                return Err(StripePricesError::Twice(id.to_owned()));
            }
        }
        Ok(Self { by_id })
    }
}

impl StripePrices {
    /// The price of a plan, if this environment sells it.
    pub fn price(&self, plan: Plan, cycle: BillingCycle) -> Option<&str> {
        let wanted = (plan, cycle);
        self.by_id
            .iter()
            .find(|(_, sold)| **sold == wanted)
            .map(|(id, _)| id.as_str())
    }

    /// What a price stands for.
    pub fn plan(&self, price_id: &str) -> Option<(Plan, BillingCycle)> {
        self.by_id.get(price_id).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_are_found_both_ways() {
        let prices: StripePrices = "hobby_monthly=price_a, pro_yearly=price_b".parse().unwrap();
        assert_eq!(
            prices.price(Plan::Hobby, BillingCycle::Monthly),
            Some("price_a")
        );
        assert_eq!(
            prices.plan("price_b"),
            Some((Plan::Pro, BillingCycle::Yearly))
        );
        assert_eq!(prices.price(Plan::Hobby, BillingCycle::Yearly), None);
    }

    #[test]
    fn wrong_lists_are_refused() {
        for text in [
            "hobby",
            "hobby_weekly=p",
            "hobby_monthly=",
            "hobby_monthly=p,pro_monthly=p",
        ] {
            assert!(text.parse::<StripePrices>().is_err(), "{text}");
        }
    }
}
