//! Usage as the daemon measures it.

use serde_json::{Value, json};
use store::daemon::usage::{self, Day};
use store::daemon::{Claim, Db, Fenced};
use uuid::Uuid;

use crate::acting::{Acting, caller};
use crate::support::B;

const SUBSCRIPTION: &str = "00000000-0000-0000-0000-0000000000b2";

/// B's subscription has an instance, and its job runs under this claim.
async fn acting() -> (Acting, Db, Claim) {
    let acting = Acting::new().await;
    acting
        .run(&format!(
            "delete from prov.jobs; delete from usage_metrics; delete from instances;
             insert into instances (account_id, subscription_id, subdomain, name, tier, status, observed_gen)
             values ('{B}', '{SUBSCRIPTION}', 'bob', 'B', 'pro', 'running', 1);
             insert into prov.jobs (lane, kind, state, fence) values ('schedule:measure-usage', 'measure-usage', 'running', 7)"
        ))
        .await;
    let job: i64 = acting
        .value("select id from prov.jobs")
        .await
        .parse()
        .unwrap();
    let db = Db::new(&acting.database.url("mindroom_daemon"), 1).unwrap();
    (acting, db, Claim { job, fence: 7 })
}

fn day(date: &str, messages: i64, agents: i64, gigabytes: i64) -> Day {
    Day {
        date: date.to_owned(),
        messages,
        agents,
        storage_bytes: gigabytes * 1_000_000_000,
    }
}

#[tokio::test]
async fn a_day_is_kept_once_and_never_becomes_less() {
    let (acting, db, claim) = acting().await;
    let due = usage::due(&db).await.unwrap().unwrap();
    let id: Uuid = SUBSCRIPTION.parse().unwrap();
    assert_eq!((due.subscription, due.instances.len()), (id, 1));
    let date = async |ago: u8| {
        acting
            .value(&format!("select (now() at time zone 'UTC')::date - {ago}"))
            .await
    };
    let (yesterday, today) = (date(1).await, date(0).await);
    for (messages, gigabytes) in [(3, 2), (5, 1), (4, 1)] {
        let days = [
            day(&yesterday, messages, 1, gigabytes),
            day(&today, messages, 2, gigabytes),
        ];
        let saved = usage::save(&db, claim, id, &days).await.unwrap();
        assert_eq!(saved, Fenced::Written);
    }
    assert_eq!(usage::due(&db).await.unwrap(), None, "not within the hour");
    let seen = acting.call("my_usage", &[&caller(B), &30]).await["data"].clone();
    let figures: Vec<Value> = seen["usage"]
        .as_array()
        .unwrap()
        .iter()
        .map(|day| {
            json!([
                day["metric_date"],
                day["messages_sent"],
                day["agents_used"],
                day["storage_used_gb"].as_f64()
            ])
        })
        .collect();
    // of a day that is over only what was said late is added
    assert_eq!(
        json!(figures),
        json!([[yesterday, 5, 1, 2.0], [today, 5, 2, 1.0]])
    );
    let lost = Claim { fence: 6, ..claim };
    let stale = usage::save(&db, lost, id, &[]).await.unwrap();
    assert_eq!(stale, Fenced::Stale);
}
