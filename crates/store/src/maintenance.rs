//! Upkeep: what is to be forgotten, what is overdue, and what nobody pays for.

use auth::{Scope, SystemCaller};
use contract::Maintained;
use domain::{DunningDays, RetentionDays};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::answer::{Answer, Begun, ask, begin};
use crate::call::Call;
use crate::database::{Access, Database, DatabaseError, Value};

/// One item of the upkeep; each is a statement of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Item {
    /// Rows that were kept long enough.
    Retention,
    /// Trials that are over and of which Stripe has not told.
    ExpiredTrials,
    /// Instances whose plan is not paid, or is again.
    Dunning,
    /// Accounts whose end is due.
    AccountDeletions,
    /// Keys of machines.
    KeyExpiry,
}

impl Item {
    /// In the order in which they are seen to.
    pub const ALL: [Self; 5] = [
        Self::Retention,
        Self::ExpiredTrials,
        Self::Dunning,
        Self::AccountDeletions,
        Self::KeyExpiry,
    ];

    /// Its name.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Retention => "retention",
            Self::ExpiredTrials => "expired_trials",
            Self::Dunning => "dunning",
            Self::AccountDeletions => "account_deletions",
            Self::KeyExpiry => "key_expiry",
        }
    }
}

/// After how many days what is done.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Days {
    /// What is forgotten.
    #[serde(flatten)]
    pub retention: RetentionDays,
    /// What becomes of instances that nobody pays for.
    #[serde(flatten)]
    pub dunning: DunningDays,
}

/// Lets a machine in to the upkeep, whose items follow.
pub async fn enter(
    database: &impl Database,
    call: Call<'_, SystemCaller>,
) -> Result<Answer<Begun<bool, Maintained>>, DatabaseError> {
    let call = call.json(Scope::Maintenance);
    begin(
        database,
        Access::Write,
        "select api.begun($1, api.begin_maintenance($1))",
        &[Value::Json(&call)],
    )
    .await
}

/// What one item did; those that it is not about are none.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(default)]
pub struct Counts {
    forgotten: i64,
    expired_trials: i64,
    paused: i64,
    stopped: i64,
    removed: i64,
    resumed: i64,
    account_deletions: i64,
    expired: i64,
    expiring: i64,
}

impl Counts {
    /// Adds them to what was done so far.
    pub fn add_to(self, done: &mut Maintained) {
        done.forgotten += self.forgotten;
        done.expired_trials += self.expired_trials;
        done.paused += self.paused;
        done.stopped += self.stopped;
        done.removed += self.removed;
        done.resumed += self.resumed;
        done.account_deletions += self.account_deletions;
        done.expired_keys += self.expired;
        done.expiring_keys += self.expiring;
    }
}

/// Sees to one item. The key, if any, is in hand since the machine was let in.
pub async fn see_to(
    database: &impl Database,
    call: Call<'_, SystemCaller>,
    item: Item,
    days: Days,
) -> Result<Answer<Counts>, DatabaseError> {
    let (call, days) = (call.json(Scope::Maintenance), json!(days));
    let values = [
        Value::Json(&call),
        Value::Text(item.word()),
        Value::Json(&days),
    ];
    ask(
        database,
        Access::Write,
        "select api.maintain($1::jsonb - 'idempotency', $2, $3)",
        &values,
    )
    .await
}
