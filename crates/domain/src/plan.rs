//! What is sold. On the wire and in SQL a plan is called `tier`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::pricing;
use crate::pricing_schema::{PlanTerms, Resources};

/// How "no bound" is written where a number is needed (database columns, the wire's integer fields).
pub const UNLIMITED: i32 = 999_999;

/// A plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Plan {
    /// An account without an instance.
    Free,
    /// Instance, own model keys.
    Byok,
    /// Instance with a model budget.
    Hobby,
    /// A larger one.
    Pro,
    /// By agreement.
    Enterprise,
}

impl Plan {
    /// All plans, smallest first.
    pub const ALL: [Self; 5] = [
        Self::Free,
        Self::Byok,
        Self::Hobby,
        Self::Pro,
        Self::Enterprise,
    ];

    /// The key in `config/pricing.toml`, on the wire and in SQL.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Free => "free",
            Self::Byok => "byok",
            Self::Hobby => "hobby",
            Self::Pro => "pro",
            Self::Enterprise => "enterprise",
        }
    }

    /// Price and limits.
    ///
    /// # Panics
    /// Never: the build refuses a pricing file that lacks a plan.
    pub fn terms(self) -> &'static PlanTerms {
        &pricing().plans[self.key()]
    }

    /// What an instance under this plan may use of a machine.
    ///
    /// # Panics
    /// Never: the build refuses a plan whose profile has no resources.
    pub fn resources(self) -> Resources {
        pricing().resources[&self.terms().resource_profile]
    }

    /// Days of trial that a first subscription to this plan starts with; 0 for none.
    pub fn trial_days(self) -> u32 {
        let trial = &pricing().trial;
        let applies = trial.enabled && trial.plans.iter().any(|key| key == self.key());
        if applies { trial.days } else { 0 }
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key())
    }
}

/// A word that names no plan.
#[derive(Debug, thiserror::Error)]
#[error("no such plan")]
pub struct UnknownPlan;

impl FromStr for Plan {
    type Err = UnknownPlan;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|plan| plan.key() == text)
            .ok_or(UnknownPlan)
    }
}
