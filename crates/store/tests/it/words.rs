//! Words that Rust and SQL both know are the same words.

use std::collections::{BTreeMap, BTreeSet};

use domain::{BillingCycle, InstanceStatus, Plan, SubscriptionStatus, Wish};
use store::daemon::jobs::Outcome;

use crate::support::filled;

type Words = BTreeSet<String>;

fn words<'a>(all: impl IntoIterator<Item = &'a str>) -> Words {
    all.into_iter().map(str::to_owned).collect()
}

/// What each column may hold. Those with a Rust type say so by it; the others are words of SQL alone.
fn expected() -> BTreeMap<&'static str, Words> {
    let plans = || Plan::ALL.iter().map(|plan| plan.key());
    let outcomes = [
        Outcome::Done,
        Outcome::Superseded,
        Outcome::Blocked,
        Outcome::Cancelled,
    ];
    BTreeMap::from([
        (
            "instances.status",
            words(InstanceStatus::ALL.iter().map(|status| status.word())),
        ),
        (
            "instances.desired_state",
            words(Wish::ALL.iter().map(|wish| wish.word())),
        ),
        (
            "instances.tier",
            words(plans().filter(|plan| *plan != Plan::Free.key())),
        ),
        (
            "instances.health",
            words(["unknown", "healthy", "unhealthy"]),
        ),
        ("instances.dunning_step", words(["pause", "stop", "remove"])),
        (
            "subscriptions.status",
            words(SubscriptionStatus::ALL.iter().map(|status| status.word())),
        ),
        ("subscriptions.tier", words(plans())),
        (
            "subscriptions.billing_cycle",
            words([BillingCycle::Monthly, BillingCycle::Yearly].map(BillingCycle::key)),
        ),
        (
            "accounts.status",
            words(["pending_verification", "active", "suspended", "deleted"]),
        ),
        (
            "instance_events.kind",
            words(["wish", "step", "status", "health"]),
        ),
        (
            "checkout_sessions.status",
            words(["open", "complete", "expired"]),
        ),
        (
            "instance_events.actor",
            words(["account", "support", "system"]),
        ),
        (
            "audit_logs.actor_type",
            words(["account", "admin", "system", "stripe", "daemon"]),
        ),
        ("prov.jobs.state", words(["queued", "running", "dead"])),
        (
            "prov.stripe_catch_up.list",
            words(["events", "subscriptions"]),
        ),
        (
            "prov.job_failures.outcome",
            words(["blocked", "dead", "discarded"]),
        ),
        (
            "prov.job_history.outcome",
            // an administrator's word, not the daemon's
            words(
                outcomes
                    .iter()
                    .map(|outcome| outcome.word())
                    .chain(["discarded"]),
            ),
        ),
    ])
}

#[tokio::test]
async fn every_list_of_words_is_the_same_in_rust_and_sql() {
    let owner = filled().await.owner().await;
    let rows = owner
        .query(
            "select conrelid::regclass || '.' || attname, pg_get_constraintdef(c.oid)
             from pg_constraint c join pg_class t on t.oid = conrelid
               join pg_attribute a on a.attrelid = conrelid and attnum = conkey[1]
             where contype = 'c' and not relispartition and pg_get_constraintdef(c.oid) like '%= ANY (%'
               and relnamespace::regnamespace::text in ('public', 'api', 'prov')",
            &[],
        )
        .await
        .unwrap();
    let found: BTreeMap<String, Words> = rows
        .iter()
        .map(|row| {
            let definition: String = row.get(1);
            (row.get(0), words(definition.split('\'').skip(1).step_by(2)))
        })
        .collect();
    let expected: BTreeMap<String, Words> = expected()
        .into_iter()
        .map(|(column, words)| (column.to_owned(), words))
        .collect();
    assert_eq!(found, expected);
}

#[tokio::test]
async fn access_is_the_same_in_rust_and_sql() {
    let owner = filled().await.owner().await;
    for status in SubscriptionStatus::ALL {
        let access = "select api.access_of($1)";
        let row = owner.query_one(access, &[&status.word()]).await.unwrap();
        let expected = serde_json::to_value(status.access()).unwrap();
        assert_eq!(expected, row.get::<_, String>(0), "{status:?}");
    }
}
