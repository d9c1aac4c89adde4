//! Checks from outside: which are due, what they lead to, what is kept of them and shown.

use std::time::Duration;

use serde_json::{Value, json};
use store::daemon::{Db, chores};
use test_postgres::Database;
use tokio_postgres::Client;

use crate::support::{A, B, filled};

const INSTANCE: &str = "00000000-0000-0000-0000-0000000000a4";

struct World {
    functions: Client,
    owner: Client,
    database: Database,
    key: Value,
}

impl World {
    /// A's instance runs and is due; no check was made yet.
    async fn new() -> Self {
        let database = filled().await;
        let owner = database.owner().await;
        let begin = format!(
            "delete from prov.jobs; delete from instance_health; delete from instance_events;
             update accounts set status = 'active';
             update instances set desired_state = 'stopped', status = 'stopped' where id <> '{INSTANCE}';
             update instances set desired_state = 'running', status = 'running', status_deadline = null,
               health = 'unknown', health_misses = 0, next_check_at = now() where id = '{INSTANCE}';
             select api.seed_service_key('checker', sha256('checker'), '{{health}}')"
        );
        owner.batch_execute(&begin).await.unwrap();
        let digest = "select encode(sha256('checker'), 'hex')";
        let digest: String = owner.query_one(digest, &[]).await.unwrap().get(0);
        Self {
            functions: database.connect("mindroom_functions").await,
            owner,
            database,
            key: json!({"key_sha256": digest, "scope": "health", "operation": "POST /system/health-checks",
                "network": "n", "stranger_limit": 1000, "public_url": "http://mindroom.localhost"}),
        }
    }

    async fn run(&self, statement: &str) {
        self.owner.batch_execute(statement).await.unwrap();
    }

    async fn ask<T: for<'a> tokio_postgres::types::FromSql<'a>>(&self, query: &str) -> T {
        self.owner.query_one(query, &[]).await.unwrap().get(0)
    }

    /// Instances that one more caller takes.
    async fn claim(&self) -> Vec<Value> {
        let call = "select api.claim_health_checks($1, 200)";
        let row = self.functions.query_one(call, &[&self.key]).await.unwrap();
        let answer: Value = row.get(0);
        answer["data"].as_array().unwrap().clone()
    }

    /// Saves a check; answers how many instances it handed over.
    async fn save(&self, is_healthy: bool) -> i64 {
        let seen = json!([{"id": INSTANCE, "healthy": is_healthy, "latency_ms": 7,
            "detail": (!is_healthy).then_some("MindRoom did not answer")}]);
        let call = "select api.save_health_checks($1, $2)";
        let row = self
            .functions
            .query_one(call, &[&self.key, &seen])
            .await
            .unwrap();
        let answer: Value = row.get(0);
        answer["data"]["handed_over"].as_i64().unwrap()
    }

    /// What an account sees of A's instance.
    async fn seen_by(&self, account: &str, email: &str) -> Value {
        let caller = json!({"sub": account, "email": email, "limit": 100, "group": "read",
            "public_url": "http://mindroom.localhost"});
        let call = "select api.my_instance($1, instance_id) from (select 1 as instance_id) i";
        let row = self.functions.query_one(call, &[&caller]).await.unwrap();
        row.get(0)
    }
}

#[tokio::test]
async fn what_is_due_is_taken_once_and_only_what_should_answer() {
    let world = World::new().await;
    let taken = world.claim().await;
    assert_eq!(taken.len(), 1);
    assert_eq!(taken[0]["web_url"], "http://acme.mindroom.localhost");
    assert!(world.claim().await.is_empty(), "taken a moment ago");
    for (state, is_taken) in [
        ("status = 'degraded'", true),
        ("status = 'provisioning'", false),
        ("status = 'error'", false),
        ("status = 'error', attention_since = now()", true),
        (
            "desired_state = 'stopped', attention_since = null, status = 'stopping'",
            false,
        ),
    ] {
        world
            .run(&format!(
                "update instances set {state}, next_check_at = now() where id = '{INSTANCE}'"
            ))
            .await;
        assert_eq!(world.claim().await.len(), usize::from(is_taken), "{state}");
    }
}

#[tokio::test]
async fn three_misses_in_a_row_hand_it_over_and_an_answer_begins_anew() {
    let world = World::new().await;
    let expected = [
        (false, 0, "unknown"),
        (false, 0, "unknown"),
        (true, 0, "healthy"),
        (false, 0, "healthy"),
        (false, 0, "healthy"),
        (false, 1, "unhealthy"),
        (false, 0, "unhealthy"),
        (false, 0, "unhealthy"),
        (false, 1, "unhealthy"),
        (true, 0, "healthy"),
    ];
    for (place, (is_healthy, handed_over, health)) in expected.into_iter().enumerate() {
        assert_eq!(world.save(is_healthy).await, handed_over, "check {place}");
        let now: String = world
            .ask(&format!(
                "select health from instances where id = '{INSTANCE}'"
            ))
            .await;
        assert_eq!(now, health, "check {place}");
    }
    let jobs = "select count(*) from prov.jobs where kind = 'reconcile-instance'";
    assert_eq!(world.ask::<i64>(jobs).await, 1, "one that waits is joined");
    let told: String = world
        .ask("select string_agg(name, ' ' order by id) from instance_events where kind = 'health'")
        .await;
    assert_eq!(told, "healthy unhealthy healthy");
    let status: String = world
        .ask(&format!(
            "select status from instances where id = '{INSTANCE}'"
        ))
        .await;
    assert_eq!(status, "running", "the daemon alone changes it");
}

#[tokio::test]
async fn one_that_asks_for_a_person_is_handed_over_when_it_answers() {
    let world = World::new().await;
    world
        .run(&format!(
            "update instances set status = 'error', attention_since = now() where id = '{INSTANCE}'"
        ))
        .await;
    for _ in 0..4 {
        assert_eq!(world.save(false).await, 0);
    }
    assert_eq!(world.save(true).await, 1);
}

/// It was stopped while the probe was under way.
#[tokio::test]
async fn what_is_no_longer_wished_up_misses_nothing() {
    let world = World::new().await;
    world
        .run(&format!(
            "update instances set desired_state = 'stopped' where id = '{INSTANCE}'"
        ))
        .await;
    for _ in 0..3 {
        assert_eq!(world.save(false).await, 0);
    }
    let rows: i64 = world.ask("select count(*) from instance_health").await;
    let misses = format!("select health_misses from instances where id = '{INSTANCE}'");
    assert_eq!((rows, world.ask::<i32>(&misses).await), (0, 0));
}

#[tokio::test]
async fn its_owner_sees_the_last_day_by_the_hour() {
    let world = World::new().await;
    world
        .run(&format!(
            "insert into instance_health (instance, healthy, latency_ms, checked_at)
             select '{INSTANCE}', n <> 3, 1, date_trunc('hour', now(), 'UTC') - interval '90 minutes' + n * interval '1 minute'
             from generate_series(1, 5) n;
             insert into instance_health (instance, healthy, latency_ms, checked_at)
             values ('{INSTANCE}', false, 1, now() - interval '25 hours')"
        ))
        .await;
    assert_eq!(world.save(true).await, 0);
    let seen = world.seen_by(A, "ann@example.com").await["data"].clone();
    let hours = seen["health_history"].as_array().unwrap();
    assert_eq!(hours.len(), 24);
    let of = |place: usize| {
        (
            hours[place]["checks"].clone(),
            hours[place]["misses"].clone(),
        )
    };
    assert_eq!(of(23), (json!(1), json!(0)), "this hour");
    assert_eq!(of(22), (json!(0), json!(0)), "nothing is known");
    assert_eq!(of(21), (json!(5), json!(1)));
    let checks: i64 = hours
        .iter()
        .map(|hour| hour["checks"].as_i64().unwrap())
        .sum();
    assert_eq!(checks, 6, "no older ones");
    assert_eq!(
        (&seen["repairs"], &seen["attention_since"]),
        (&json!(0), &Value::Null)
    );

    let refused = world.seen_by(B, "bo@example.com").await;
    assert_eq!(refused["refusal"]["code"], "instance_not_found");
}

#[tokio::test]
async fn history_is_kept_for_90_days_and_not_longer_than_its_instance() {
    let world = World::new().await;
    world
        .run(&format!(
            "insert into instance_health (instance, healthy, latency_ms, checked_at)
             select '{INSTANCE}', true, 1, now() - make_interval(days => n) from generate_series(0, 120) n"
        ))
        .await;
    let daemon = Db::new(&world.database.url("mindroom_daemon"), 1).unwrap();
    let dropped = chores::rotate_history(&daemon, Duration::ZERO).await;
    assert!(dropped.unwrap().unwrap() >= 3, "weeks that are over");
    let (kept, oldest): (i64, i32) = (
        world.ask("select count(*) from instance_health").await,
        world
            .ask("select extract(day from now() - min(checked_at))::integer from instance_health")
            .await,
    );
    // by the week: up to six days more
    assert!(
        (91..=97).contains(&kept) && (90..=96).contains(&oldest),
        "{kept} {oldest}"
    );
    let unplaced = "select count(*) from prov.instance_health_rest";
    assert_eq!(world.ask::<i64>(unplaced).await, 0);

    world
        .run(&format!("delete from instances where id = '{INSTANCE}'"))
        .await;
    let left: i64 = world.ask("select count(*) from instance_health").await;
    assert_eq!(left, 0);
}
