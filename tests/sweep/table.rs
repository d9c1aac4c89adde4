//! `callers.toml`: who gets what, one row for each operation.

use std::collections::BTreeSet;

use platform_tests::Platform;
use serde::Deserialize;
use serde_json::Value;

use crate::document::Operation;

/// The committed list.
const LIST: &str = include_str!("callers.toml");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    operation: Vec<Row>,
}

/// One operation. A cell is a status, then for a problem its code: `404 instance_not_found`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Row {
    /// `POST /my/account/setup`
    pub(crate) call: String,
    /// Which limit of an account it counts against.
    pub(crate) group: Option<Group>,
    /// What a machine's key has to be for.
    pub(crate) scope: Option<String>,
    /// How long its success may be kept.
    pub(crate) cache: Option<String>,
    /// Whom it is for: the instance's owner, an admin, a machine with the scope, Stripe.
    pub(crate) proper: String,
    /// No proof at all.
    pub(crate) nobody: String,
    /// Another account.
    pub(crate) stranger: String,
    /// An account that was suspended.
    pub(crate) suspended: String,
    /// An account that was deleted.
    pub(crate) deleted: String,
    /// An admin, who owns nothing here.
    pub(crate) admin: String,
    /// A machine's key that lacks the scope.
    pub(crate) wrong_scope: String,
    /// Whom it is for, by a method that the path does not have.
    pub(crate) wrong_method: String,
    /// A body that would do.
    pub(crate) body: Option<Value>,
    /// What the audit log says of the proper call; each write has one.
    pub(crate) audit: Option<String>,
    /// What happens outside before the proper call.
    pub(crate) first: Option<First>,
    /// What happens outside after it.
    pub(crate) then: Option<Then>,
    /// The proper call comes after all others, since there is nothing left then.
    #[serde(default)]
    pub(crate) last: bool,
}

impl Row {
    /// The key of a machine that may call it.
    pub(crate) fn key<'a>(&self, platform: &'a Platform) -> &'a str {
        platform.system_keys.of(self.scope.as_deref().unwrap())
    }

    /// The key of a machine that may call something else.
    pub(crate) fn other_key<'a>(&self, platform: &'a Platform) -> &'a str {
        let other = match self.scope.as_deref() {
            Some("metrics") => "health",
            _ => "metrics",
        };
        platform.system_keys.of(other)
    }
}

/// What an account's calls are counted with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Group {
    Read,
    Write,
    Start,
    Destructive,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum First {
    /// The instance's check is due.
    DueCheck,
    /// A job of the instance waits for its time.
    QueuedJob,
    /// A job of the instance died.
    DeadJob,
    /// Somebody else has an instance, too.
    SpareInstance,
    /// Stripe sent an event.
    StoredEvent,
    /// The instance is in error.
    InError,
    /// Nothing is under way with the owner's instance.
    Settled,
    /// Somebody else signed up.
    NewSubject,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Then {
    /// The answer is a payment page: pay on it and await the subscription.
    Pay,
    /// The answer has an instance: await that it runs.
    AwaitRunning,
}

/// One operation's row.
pub(crate) fn row(operation: &Operation) -> Row {
    let list: List = toml::from_str(LIST).unwrap();
    let mut rows = list.operation.into_iter();
    rows.find(|row| row.call == operation.call()).unwrap()
}

/// The rows in the list's order, each with its operation. Panics when an operation has no row, a row no
/// operation, an operation two rows, or a row not what its callers need.
pub(crate) fn rows(operations: &[Operation]) -> Vec<(Row, Operation)> {
    let list: List = toml::from_str(LIST).unwrap();
    let listed: BTreeSet<_> = list.operation.iter().map(|row| row.call.clone()).collect();
    let known: BTreeSet<_> = operations.iter().map(Operation::call).collect();
    let without_row: Vec<_> = known.difference(&listed).collect();
    let without_operation: Vec<_> = listed.difference(&known).collect();
    assert!(
        without_row.is_empty()
            && without_operation.is_empty()
            && listed.len() == list.operation.len(),
        "callers.toml: operations without a row {without_row:?}, rows without an operation {without_operation:?}, or a row twice"
    );
    let operation = |call: &str| operations.iter().find(|known| known.call() == call);
    list.operation
        .into_iter()
        .map(|row| {
            let operation = operation(&row.call).unwrap().clone();
            assert_eq!(
                row.group.is_some(),
                operation.is_an_accounts(),
                "{} and its group",
                row.call
            );
            assert_eq!(
                row.scope.is_some(),
                operation.is_a_machines(),
                "{} and its scope",
                row.call
            );
            (row, operation)
        })
        .collect()
}
