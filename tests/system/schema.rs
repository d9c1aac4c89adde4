//! Words that Rust and SQL both know are the same words.

use domain::{InstanceStatus, SubscriptionStatus, Wish};
use platform_tests::Platform;

#[tokio::test]
async fn statuses_are_the_same_in_rust_and_sql() {
    let words = |all: Vec<&str>| {
        let mut all: Vec<String> = all.into_iter().map(str::to_owned).collect();
        all.sort();
        all
    };
    let expected = [
        (
            "instances",
            "status",
            words(InstanceStatus::ALL.iter().map(|s| s.word()).collect()),
        ),
        (
            "instances",
            "desired_state",
            words(Wish::ALL.iter().map(|w| w.word()).collect()),
        ),
        (
            "subscriptions",
            "status",
            words(SubscriptionStatus::ALL.iter().map(|s| s.word()).collect()),
        ),
    ];
    let database = Platform::get().database().await;
    for (table, column, words) in expected {
        let row = database
            .query_one(
                "select pg_get_constraintdef(oid) from pg_constraint
                 where conrelid = ('public.' || $1)::regclass and conname = $1 || '_' || $2 || '_check'",
                &[&table, &column],
            )
            .await
            .unwrap();
        let mut allowed: Vec<String> = row
            .get::<_, String>(0)
            .split('\'')
            .skip(1)
            .step_by(2)
            .map(str::to_owned)
            .collect();
        allowed.sort();
        assert_eq!(allowed, words, "{table}.{column}");
    }
}

#[tokio::test]
async fn access_is_the_same_in_rust_and_sql() {
    let database = Platform::get().database().await;
    for status in SubscriptionStatus::ALL {
        let row = database
            .query_one("select api.access_of($1)", &[&status.word()])
            .await
            .unwrap();
        let expected = serde_json::to_value(status.access()).unwrap();
        assert_eq!(expected, row.get::<_, String>(0), "{status:?}");
    }
}
