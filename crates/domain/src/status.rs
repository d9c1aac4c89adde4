//! Statuses as they are on our wire and in SQL. A test in `store` compares them with the CHECK lists.

use serde::{Deserialize, Serialize};

macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$doc])* #[serde(rename = $word)] $variant,)+
        }

        impl $name {
            /// Every value.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The word on the wire and in SQL.
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }
        }
    };
}

words! {
    /// What was last seen of an instance; only the daemon writes it.
    InstanceStatus {
        /// Being made for the first time, or started.
        Provisioning = "provisioning",
        /// Answers.
        Running = "running",
        /// On its way to stopped.
        Stopping = "stopping",
        /// Stopped as wished; its data is kept.
        Stopped = "stopped",
        /// Being restarted as wished.
        Restarting = "restarting",
        /// Being brought to another version or plan.
        Updating = "updating",
        /// Runs, but something is wrong; repair is tried.
        Degraded = "degraded",
        /// Could not be made to run; a person must act.
        Error = "error",
        /// Cannot be seen at present.
        Unknown = "unknown",
        /// Being removed.
        Deprovisioning = "deprovisioning",
        /// Removed.
        Deprovisioned = "deprovisioned",
    }
}

words! {
    /// What a request asked an instance to be.
    Wish {
        /// Up.
        Running = "running",
        /// Down, data kept.
        Stopped = "stopped",
        /// Gone.
        Deleted = "deleted",
    }
}

words! {
    /// A subscription's status: Stripe's, with our spelling.
    SubscriptionStatus {
        /// Not charged yet.
        Trialing = "trialing",
        /// Paid.
        Active = "active",
        /// A charge failed; Stripe tries again.
        PastDue = "past_due",
        /// Stripe gave up charging; data is kept.
        Unpaid = "unpaid",
        /// Trial ended without a card, or paused.
        Paused = "paused",
        /// The first payment is not made.
        Incomplete = "incomplete",
        /// It never was.
        IncompleteExpired = "incomplete_expired",
        /// Ended.
        Cancelled = "cancelled",
        /// A status that this version does not know.
        Unknown = "unknown",
    }
}

impl SubscriptionStatus {
    /// Stripe's word to ours; one that Stripe added later becomes [`Self::Unknown`].
    pub fn from_stripe(word: &str) -> Self {
        match word {
            "canceled" => Self::Cancelled,
            word => Self::ALL
                .iter()
                .copied()
                .find(|status| status.word() == word && *status != Self::Cancelled)
                .unwrap_or(Self::Unknown),
        }
    }

    /// What the status entitles to.
    pub const fn access(self) -> Access {
        match self {
            Self::Trialing | Self::Active => Access::Full,
            Self::PastDue | Self::Unknown => Access::Grace,
            Self::Unpaid
            | Self::Paused
            | Self::Incomplete
            | Self::IncompleteExpired
            | Self::Cancelled => Access::None,
        }
    }
}

/// What a subscription entitles to, derived from its status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Access {
    /// Everything that the plan has.
    Full,
    /// What runs goes on; nothing new is started.
    Grace,
    /// Nothing runs; data is kept for a while.
    None,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stripes_words_map() {
        assert_eq!(
            SubscriptionStatus::from_stripe("canceled"),
            SubscriptionStatus::Cancelled
        );
        assert_eq!(
            SubscriptionStatus::from_stripe("past_due"),
            SubscriptionStatus::PastDue
        );
        assert_eq!(
            SubscriptionStatus::from_stripe("hibernating"),
            SubscriptionStatus::Unknown
        );
    }

    #[test]
    fn an_unknown_status_leaves_what_runs_and_starts_nothing() {
        assert_eq!(SubscriptionStatus::Unknown.access(), Access::Grace);
    }
}
