//! Every operation while a part that it needs is away: it says so, when to come back, and to the portal's pages too.

use platform_tests::{Answer, Door, Platform, Replica};

use crate::callers::{documented, is_problem, is_shared};
use crate::document::{Operation, operations};
use crate::stage::Stage;
use crate::table::rows;

/// Nothing listens on it.
const NOWHERE: &str = "127.0.0.1:1";

#[tokio::test]
async fn without_the_database_only_what_needs_none_is_answered() {
    let database = format!("postgres://{NOWHERE}");
    let url = format!("postgres://nobody@{NOWHERE}/none");
    let settings = [("database_host", database.as_str()), ("database_url", &url)];
    let needs_none = |operation: &Operation| operation.security.is_none();
    all_are_refused_but(needs_none, &settings, ("unavailable", "ok")).await;
}

#[tokio::test]
async fn without_the_auth_services_keys_no_account_comes_in() {
    let url = format!("http://{NOWHERE}");
    let needs_none = |operation: &Operation| !operation.is_an_accounts();
    let settings = [("auth_internal_url", url.as_str())];
    all_are_refused_but(needs_none, &settings, ("ok", "unavailable")).await;
}

async fn all_are_refused_but(
    needs_none: impl Fn(&Operation) -> bool,
    settings: &[(&str, &str)],
    (database, auth): (&str, &str),
) {
    let mut stage = Stage::set().await;
    let replica = Replica::with(&stage.platform, settings).await;
    let operations = operations(&stage.door).await;
    stage.door = Door::to(&stage.platform, &replica.url).of_a_page(&stage.platform);
    for (row, operation) in &rows(&operations) {
        let method = operation.method.clone();
        let answer = stage.call_properly(row, operation, method, None).await;
        documented(operation, &answer);
        if operation.path == "/health" {
            come_back(operation, &answer, &stage.platform);
            let health = answer.json();
            assert_eq!(health["status"], "unavailable", "{health}");
            assert_eq!(
                (&health["database"], &health["auth"]),
                (&database.into(), &auth.into())
            );
        } else if needs_none(operation) {
            // what it is about need not be there
            assert!(answer.status < 500, "{}: {}", row.call, answer.text);
        } else {
            answer.expect_problem(503, "unavailable");
            is_problem(&row.call, &answer);
            come_back(operation, &answer, &stage.platform);
        }
    }
}

fn come_back(operation: &Operation, answer: &Answer, platform: &Platform) {
    let what = operation.call();
    assert_eq!(answer.status, 503, "{what}: {}", answer.text);
    assert_eq!(answer.header("retry-after"), "5", "{what}");
    assert_eq!(answer.header("cache-control"), "no-store", "{what}");
    is_shared(&what, answer, platform);
}
