//! What operators see and do with jobs, what accounts see of theirs, and the figures.

use serde_json::{Value, json};
use test_postgres::Database;
use tokio_postgres::Client;
use tokio_postgres::types::ToSql;

use crate::support::{A, B, filled, refusal};

/// The instance of A's rows.
const INSTANCE_A: &str = "00000000-0000-0000-0000-0000000000a4";

struct World {
    functions: Client,
    owner: Client,
}

impl World {
    /// A queue with nothing in it but what a test puts there; A is an admin.
    async fn new() -> Self {
        let database: Database = filled().await;
        let world = Self {
            functions: database.connect("mindroom_functions").await,
            owner: database.owner().await,
        };
        let empty = format!(
            "delete from prov.jobs; delete from prov.job_history; delete from prov.job_failures;
             update accounts set status = 'active', is_admin = (id = '{A}') where id in ('{A}', '{B}')"
        );
        world.owner.batch_execute(&empty).await.unwrap();
        world
    }

    /// Calls a function as the functions do.
    async fn call(&self, function: &str, arguments: &[&(dyn ToSql + Sync)]) -> Value {
        let places: Vec<String> = (1..=arguments.len())
            .map(|place| format!("${place}"))
            .collect();
        let call = format!("select api.{function}({})", places.join(", "));
        let row = self.functions.query_one(&call, arguments).await.unwrap();
        row.get(0)
    }

    /// What an admin's call answers: data or refusal.
    async fn by_hand(&self, job: i64, action: &str) -> Value {
        self.call("admin_job_by_hand", &[&caller(A), &job, &action])
            .await
    }

    async fn list(&self, filter: Value) -> Vec<Value> {
        let mut page = json!({"start": 0, "limit": 200, "sort": "id", "order": "ASC"});
        for (name, value) in filter.as_object().unwrap() {
            page[name] = value.clone();
        }
        let answer = self.call("admin_jobs", &[&caller(A), &page]).await;
        let list = &answer["data"];
        assert_eq!(list["total"], list["data"].as_array().unwrap().len());
        list["data"].as_array().unwrap().clone()
    }

    /// A job of A's instance, in a state of the queue or of what ended.
    async fn job(&self, state: &str) -> i64 {
        let lane = format!("instance:{INSTANCE_A}");
        let payload = json!({"instance": INSTANCE_A});
        self.job_of(A, &lane, "reconcile-instance", payload, state)
            .await
    }

    async fn job_of(
        &self,
        tenant: &str,
        lane: &str,
        kind: &str,
        payload: Value,
        state: &str,
    ) -> i64 {
        let tenant: uuid::Uuid = tenant.parse().unwrap();
        let queued = ["queued", "running", "dead"].contains(&state);
        let first = if queued { state } else { "running" };
        let row = self
            .owner
            .query_one(
                "insert into prov.jobs (lane, tenant, kind, payload, state, want_gen, attempt, max_attempts, fence, claimed_at,
                   lease_until, last_error, traceparent)
                 values ($1, $2, $3, $4, $5, 1000, 12, 12, nextval('prov.fence_seq'), now(), now() + interval '30 s',
                   '{\"class\": \"transient\", \"message\": \"503\"}', '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01')
                 returning id, fence",
                &[&lane, &tenant, &kind, &payload, &first],
            )
            .await
            .unwrap();
        let (id, fence): (i64, i64) = (row.get(0), row.get(1));
        if state == "discarded" {
            self.run(&format!(
                "update prov.jobs set state = 'dead' where id = {id}; select prov.discard({id})"
            ))
            .await;
        } else if !queued {
            self.run(&format!("select prov.finish({id}, {fence}, '{state}')"))
                .await;
        }
        id
    }

    async fn run(&self, statement: &str) {
        self.owner.batch_execute(statement).await.unwrap();
    }

    async fn state(&self, job: i64) -> String {
        let answer = self.call("admin_job", &[&caller(A), &job]).await;
        let state = answer["data"]["state"].as_str();
        state.unwrap_or("gone").to_owned()
    }
}

fn caller(account: &str) -> Value {
    let email = if account == A {
        "ann@example.com"
    } else {
        "bo@example.com"
    };
    json!({"sub": account, "email": email, "group": "write", "limit": 100_000, "operation": "POST /x",
        "address": "192.0.2.7", "request_id": "r1"})
}

/// The job's state then, or the refusal's code and the state that it names.
fn outcome(answer: &Value) -> String {
    let of = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    match answer.get("refusal") {
        Some(refusal) => format!("{} {}", of(&refusal["code"]), of(&refusal["state"])),
        None => of(&answer["data"]["state"]),
    }
}

#[tokio::test]
async fn each_state_allows_what_it_should() {
    let world = World::new().await;
    for (state, retry, cancel, discard) in [
        (
            "queued",
            "job_not_dead queued",
            "cancelled",
            "job_not_dead queued",
        ),
        (
            "running",
            "job_not_dead running",
            "running",
            "job_not_dead running",
        ),
        ("dead", "queued", "job_not_cancellable dead", "discarded"),
        (
            "done",
            "job_not_dead done",
            "job_not_cancellable done",
            "job_not_dead done",
        ),
        (
            "blocked",
            "job_not_dead blocked",
            "job_not_cancellable blocked",
            "job_not_dead blocked",
        ),
        (
            "cancelled",
            "job_not_dead cancelled",
            "job_not_cancellable cancelled",
            "job_not_dead cancelled",
        ),
        (
            "superseded",
            "job_not_dead superseded",
            "job_not_cancellable superseded",
            "job_not_dead superseded",
        ),
        (
            "discarded",
            "job_not_dead discarded",
            "job_not_cancellable discarded",
            "job_not_dead discarded",
        ),
    ] {
        for (action, expected) in [("retry", retry), ("cancel", cancel), ("discard", discard)] {
            world.run("delete from prov.jobs").await;
            let job = world.job(state).await;
            let before = world.call("admin_job", &[&caller(A), &job]).await["data"].clone();
            let offered = before["actions"]
                .as_array()
                .unwrap()
                .contains(&json!(action));
            let answer = world.by_hand(job, action).await;
            assert_eq!(outcome(&answer), expected, "{action} of {state}");
            assert_eq!(
                offered,
                answer.get("refusal").is_none(),
                "{action} of {state} is offered"
            );
            let audited =
                "select count(*) from audit_logs where action = 'job.' || $1 and resource_id = $2";
            let audited = world
                .owner
                .query_one(audited, &[&action, &job.to_string()])
                .await
                .unwrap();
            assert_eq!(
                audited.get::<_, i64>(0),
                i64::from(offered),
                "{action} of {state}"
            );
        }
    }
    let unknown = world.by_hand(i64::MAX, "retry").await;
    assert_eq!(outcome(&unknown), "job_not_found ");
}

#[tokio::test]
async fn a_job_is_shown_with_what_it_is_about() {
    let world = World::new().await;
    let job = world.job("dead").await;
    let shown = world.call("admin_job", &[&caller(A), &job]).await["data"].clone();
    for (field, value) in [
        ("subdomain", json!("acme")),
        ("account_email", json!("ann@example.com")),
        ("class", json!("interactive")),
        ("trace_id", json!("0af7651916cd43dd8448eb211c80319c")),
        ("error", json!({"class": "transient", "message": "503"})),
        ("actions", json!(["retry", "discard"])),
        ("attempt", json!(12)),
    ] {
        assert_eq!(shown[field], value, "{field}: {shown}");
    }
    // what ran is told to stop once, and not offered again
    world.run("delete from prov.jobs").await;
    let running = world.job("running").await;
    let asked = world.by_hand(running, "cancel").await;
    assert_eq!(asked["data"]["actions"], json!([]));
    let told = "select cancel_at is not null from prov.jobs where id = $1";
    let told = world.owner.query_one(told, &[&running]).await.unwrap();
    assert!(told.get::<_, bool>(0));
}

#[tokio::test]
async fn the_list_has_every_job_once_and_finds_it() {
    let world = World::new().await;
    let mut made = Vec::new();
    for state in [
        "done",
        "superseded",
        "blocked",
        "cancelled",
        "discarded",
        "dead",
        "queued",
        "running",
    ] {
        made.push((world.job(state).await, state));
    }
    let customer = world
        .job_of(B, "stripe:cus_b", "stripe-event", json!({}), "queued")
        .await;
    let ids = |rows: &[Value]| {
        rows.iter()
            .map(|row| row["id"].as_i64().unwrap())
            .collect::<Vec<_>>()
    };
    let mut expected: Vec<i64> = made.iter().map(|(id, _)| *id).collect();
    expected.push(customer);
    assert_eq!(ids(&world.list(json!({})).await), expected);
    for (id, state) in &made[..6] {
        assert_eq!(
            ids(&world.list(json!({"state": state})).await),
            [*id],
            "{state}"
        );
    }
    for found_by in ["stripe:cus_b", "CUS_B", "bo@example"] {
        assert_eq!(
            ids(&world.list(json!({"q": found_by})).await),
            [customer],
            "{found_by}"
        );
    }
    for found_by in ["acme", "ann@", "☃"] {
        assert_eq!(
            ids(&world.list(json!({"q": found_by})).await),
            expected[..8],
            "{found_by}"
        );
    }
    assert!(world.list(json!({"q": "%"})).await.is_empty());
    assert_eq!(
        ids(&world.list(json!({"kind": "stripe-event"})).await),
        [customer]
    );
    assert!(
        world
            .list(json!({"kind": "stripe-event", "q": "acme"}))
            .await
            .is_empty()
    );
}

/// The history of a busy fortnight is not sorted for a page of it.
#[tokio::test]
async fn the_list_and_one_job_are_read_by_index() {
    let world = World::new().await;
    world
        .functions
        .batch_execute(
            "set app.scope = 'admin'; set enable_seqscan = off; set enable_bitmapscan = off",
        )
        .await
        .unwrap();
    for (query, may_sort) in [
        (
            "queued_jobs v where v.state = 'dead' order by v.id desc limit 10000",
            true,
        ),
        (
            "ended_jobs v where v.state = 'done' order by v.id desc limit 10000",
            false,
        ),
        (
            "failed_jobs v where v.state = 'blocked' order by v.id desc limit 10000",
            false,
        ),
        ("all_jobs v where v.state = 'done' and v.id = 7", true),
        (
            "ended_jobs v where v.state = 'done' and v.lane = any (array['a', 'b']) order by v.id desc limit 10000",
            true,
        ),
    ] {
        let explain = format!("explain (costs off) select v from api.{query}");
        let rows = world.functions.query(&explain, &[]).await.unwrap();
        let plan: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
        let plan = plan.join("\n");
        assert!(
            plan.contains("Index Scan") && !plan.contains("Seq Scan"),
            "{query}\n{plan}"
        );
        let sorts = plan
            .lines()
            .any(|line| line.trim().trim_start_matches("->").trim() == "Sort");
        assert!(may_sort || !sorts, "{query}\n{plan}");
    }
}

#[tokio::test]
async fn an_account_sees_its_own_jobs_alone() {
    let world = World::new().await;
    let mine = |account: &str, function: &'static str, job: i64| {
        let call = caller(account);
        let world = &world;
        async move { world.call(function, &[&call, &job]).await }
    };
    for state in ["queued", "running", "dead", "done", "blocked"] {
        world.run("delete from prov.jobs").await;
        let job = world.job(state).await;
        let seen = mine(A, "my_job", job).await;
        assert_eq!(seen["data"]["state"], state, "{seen}");
        assert!(
            !seen.to_string().contains("503"),
            "raw errors are for operators: {seen}"
        );
        for function in ["my_job", "cancel_my_job"] {
            assert_eq!(outcome(&mine(B, function, job).await), "job_not_found ");
        }
        assert_eq!(world.state(job).await, state);
    }
    // an admin's own job is no other's for being an admin
    let theirs = world
        .job_of(B, "stripe:cus_b", "stripe-event", json!({}), "queued")
        .await;
    assert_eq!(outcome(&mine(A, "my_job", theirs).await), "job_not_found ");
    assert_eq!(
        outcome(&mine(A, "cancel_my_job", theirs).await),
        "job_not_found "
    );
    assert_eq!(world.state(theirs).await, "queued");
}

#[tokio::test]
async fn an_account_takes_back_a_start_and_nothing_else() {
    let world = World::new().await;
    for (wish, state, expected) in [
        ("running", "queued", "cancelled"),
        ("running", "running", "running"),
        ("running", "dead", "job_not_cancellable dead"),
        ("stopped", "queued", "job_not_cancellable queued"),
        ("deleted", "queued", "job_not_cancellable queued"),
    ] {
        world
            .run(&format!(
                "delete from prov.jobs; update instances set desired_state = '{wish}', desired_gen = desired_gen + 1
                 where id = '{INSTANCE_A}'"
            ))
            .await;
        let job = world.job(state).await;
        let shown = world.call("my_job", &[&caller(A), &job]).await;
        let answer = world.call("cancel_my_job", &[&caller(A), &job]).await;
        assert_eq!(outcome(&answer), expected, "{state}, wished {wish}");
        assert_eq!(
            shown["data"]["can_be_cancelled"],
            answer.get("refusal").is_none()
        );
    }
    let reason = "select status_reason from instances where id::text = $1";
    let reason = world.owner.query_one(reason, &[&INSTANCE_A]).await.unwrap();
    assert!(reason.get::<_, String>(0).contains("This was cancelled"));
    // what Stripe told of the account's own customer is not its to ignore
    let event = world
        .job_of(A, "stripe:cus_a", "stripe-event", json!({}), "queued")
        .await;
    let refused = world.call("cancel_my_job", &[&caller(A), &event]).await;
    assert_eq!(outcome(&refused), "job_not_cancellable queued");
    // nor is the queue open to the functions by any other way
    for statement in [
        format!("select prov.cancel({event})"),
        format!("select prov.discard({event})"),
        format!("update prov.jobs set state = 'dead' where id = {event}"),
    ] {
        assert_eq!(
            refusal(&world.functions, &statement).await,
            "42501",
            "{statement}"
        );
    }
}

#[tokio::test]
async fn the_place_in_the_queue_counts_what_comes_before() {
    let world = World::new().await;
    let mine = world.job("queued").await;
    let place =
        async || world.call("my_job", &[&caller(A), &mine]).await["data"]["position"].clone();
    assert_eq!(place().await, 1);
    for lane in ["stripe:1", "stripe:2"] {
        let other = world
            .job_of(B, lane, "stripe-event", json!({}), "queued")
            .await;
        world
            .run(&format!(
                "update prov.jobs set run_at = run_at - interval '1 s' where id = {other}"
            ))
            .await;
    }
    let other = world
        .job_of(B, "stripe:3", "stripe-event", json!({}), "queued")
        .await;
    assert_eq!(place().await, 3, "two go first, one comes after");
    world
        .run(&format!(
            "update prov.jobs set class = 2, run_at = run_at - interval '1 s' where id = {other}"
        ))
        .await;
    assert_eq!(place().await, 3, "another class has slots of its own");
    world
        .run(&format!(
            "update prov.jobs set run_at = now() + interval '1 hour' where id = {mine}"
        ))
        .await;
    assert_eq!(place().await, Value::Null, "its time has not come");
}

#[tokio::test]
async fn the_figures_are_counted() {
    let world = World::new().await;
    world.job("dead").await;
    let prices = json!({"currency": "usd", "hobby": {"monthly": 1000, "yearly": 9600},
        "pro": {"monthly": 5000, "yearly": 48000}, "enterprise": {"monthly": null, "yearly": null}});
    world
        .run(
            "delete from instances; delete from subscriptions;
             insert into subscriptions (account_id, tier, billing_cycle, status, max_agents, max_messages_per_day, max_storage_gb)
             select a.id, s.tier, s.cycle, s.status, 1, 1, 1
             from (select id from accounts order by id limit 1) a, (values
               ('hobby', 'monthly', 'active'), ('pro', 'yearly', 'active'), ('hobby', 'yearly', 'past_due'),
               ('pro', 'monthly', 'trialing'), ('hobby', 'monthly', 'cancelled'), ('enterprise', 'yearly', 'active'),
               ('free', null, 'active')) s (tier, cycle, status)",
        )
        .await;
    let stats = world.call("admin_stats", &[&caller(A), &prices]).await["data"].clone();
    assert_eq!(
        stats["monthly_revenue"],
        // 1,000 + 48,000/12 + 9,600/12; 5,000 on trial; one by agreement
        json!({"currency": "usd", "amount": 5800, "on_trial": 5000, "without_price": 1})
    );
    assert_eq!(
        stats["subscriptions_by_status"],
        json!({"active": 4, "past_due": 1, "trialing": 1, "cancelled": 1})
    );
    assert_eq!(
        stats["subscriptions_by_tier"],
        json!({"hobby": 2, "pro": 2, "enterprise": 1, "free": 1})
    );
    assert_eq!(
        (&stats["active_subscriptions"], &stats["running_instances"]),
        (&json!(3), &json!(0))
    );
    assert_eq!(stats["jobs_by_state"], json!({"dead": 1}));
    assert_eq!(stats["webhook_events_waiting"], 2);
    let actions: Vec<_> = stats["recent_activity"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["action"].as_str().unwrap())
        .collect();
    assert!(actions.contains(&"subscription_synced"), "{actions:?}");
    assert!(
        !actions
            .iter()
            .any(|action| action.starts_with("GET ") || action.starts_with("POST ")),
        "{actions:?}"
    );
}

/// A machine changes its key without a pause: the new one is there before the old one is taken back.
#[tokio::test]
async fn a_machine_may_have_two_keys_and_none_that_is_over() {
    let world = World::new().await;
    world
        .run(
            "insert into service_keys (name, sha256, scopes, expires_at, revoked_at) values
               ('first', sha256('first'), '{metrics}', null, null),
               ('second', sha256('second'), '{metrics}', now() + interval '90 days', null),
               ('over', sha256('over'), '{metrics}', now() - interval '1 s', null),
               ('taken', sha256('taken'), '{metrics}', null, now())",
        )
        .await;
    let call = async |name: &str| {
        let digest = format!("select encode(sha256('{name}'), 'hex')");
        let digest: String = world.owner.query_one(&digest, &[]).await.unwrap().get(0);
        let call = json!({"key_sha256": digest, "scope": "metrics", "operation": "GET /system/metrics", "network": "n",
            "stranger_limit": 100});
        outcome(&world.call("system_metrics", &[&call]).await)
    };
    for (name, refusal) in [
        ("first", ""),
        ("second", ""),
        ("over", "unknown_key "),
        ("taken", "unknown_key "),
    ] {
        assert_eq!(call(name).await, refusal, "{name}");
    }
    world
        .run("update service_keys set revoked_at = now() where name = 'first'")
        .await;
    assert_eq!(call("first").await, "unknown_key ");
    assert_eq!(call("second").await, "");
}

#[tokio::test]
async fn a_scraper_is_told_what_is_wrong() {
    let world = World::new().await;
    world
        .run(&format!(
            "update instances set status = 'stopped', desired_state = 'running', observed_gen = desired_gen,
               status_deadline = null, health_misses = 4 where id = '{INSTANCE_A}';
             update instances set status_deadline = now() - interval '1 s' where id <> '{INSTANCE_A}';
             select api.seed_service_key('scraper', sha256('scraper'), '{{metrics}}');
             select api.seed_service_key('other', sha256('other'), '{{health}}')"
        ))
        .await;
    world.job("dead").await;
    let key = |name: &str| {
        let digest = format!("select encode(sha256('{name}'), 'hex')");
        let owner = &world.owner;
        async move {
            let digest: String = owner.query_one(&digest, &[]).await.unwrap().get(0);
            json!({"key_sha256": digest, "scope": "metrics", "operation": "GET /system/metrics", "network": "n",
                "stranger_limit": 100})
        }
    };
    let figures = world.call("system_metrics", &[&key("scraper").await]).await["data"].clone();
    for (field, value) in [
        ("drifted_instances", json!(1)),
        ("overdue_instances", json!(1)),
        ("missed_checks", json!({"instances": 1, "most": 4})),
        ("instances", json!({"stopped": 1, "deprovisioning": 1})),
    ] {
        assert_eq!(figures[field], value, "{field}: {figures}");
    }
    assert_eq!(
        (&figures["jobs"][0]["state"], &figures["jobs"][0]["jobs"]),
        (&json!("dead"), &json!(1))
    );
    let events = &figures["webhook_events"];
    assert_eq!(
        (&events["waiting"], &events["parked"]),
        (&json!(1), &json!(1))
    );
    for tenant in ["acme", "ann@", A, INSTANCE_A] {
        assert!(!figures.to_string().contains(tenant), "{figures}");
    }
    let refused = world.call("system_metrics", &[&key("other").await]).await;
    assert_eq!(outcome(&refused), "scope_missing ");
}
