//! What admins wish of anybody's instance, and how long work takes.

use serde_json::{Value, json};

use crate::acting::{Acting, caller, refused};
use crate::support::{A, B};

/// The instance of A's rows.
const OF_A: &str = "00000000-0000-0000-0000-0000000000a4";

async fn wish(acting: &Acting, number: i32, wish: &str, confirm: Option<&str>) -> Value {
    acting
        .call(
            "admin_wish",
            &[&caller(A), &number, &wish, &confirm, &Some("why")],
        )
        .await
}

async fn number(acting: &Acting, subdomain: &str) -> i32 {
    let select = format!("select instance_id from instances where subdomain = '{subdomain}'");
    acting.value(&select).await.parse().unwrap()
}

/// B's instance, stopped, settled, and paid for by nobody.
async fn stopped(acting: &Acting) -> i32 {
    acting
        .run(
            "delete from prov.jobs;
             update instances set desired_state = 'stopped', status = 'stopped', observed_gen = desired_gen,
               status_deadline = null where subdomain = 'bo-2'",
        )
        .await;
    number(acting, "bo-2").await
}

#[tokio::test]
async fn an_admin_starts_what_nobody_pays_for_and_the_customer_reads_who_it_was() {
    let acting = Acting::new().await;
    let bo = stopped(&acting).await;
    let answer = wish(&acting, bo, "start", None).await;
    assert_eq!(answer["data"]["job"]["state"], "queued", "{answer}");
    assert_eq!(acting.audited().await, "instance.start admin b1 why");
    let events = acting
        .call("my_instance_events", &[&caller(B), &bo, &0_i64])
        .await;
    let last = events["data"]["events"]
        .as_array()
        .unwrap()
        .last()
        .unwrap()
        .clone();
    assert_eq!(
        (&last["kind"], &last["name"], &last["actor"]),
        (&json!("wish"), &json!("start"), &json!("support"))
    );
    // the same wish joins the work
    let again = wish(&acting, bo, "start", None).await;
    assert_eq!(again["data"]["job"], answer["data"]["job"]);
}

#[tokio::test]
async fn what_cannot_be_wished_is_refused() {
    let acting = Acting::new().await;
    let bo = stopped(&acting).await;
    assert_eq!(
        refused(&wish(&acting, bo, "restart", None).await),
        "instance_stopped"
    );
    assert_eq!(
        refused(&wish(&acting, bo, "delete", Some("other")).await),
        "confirmation_differs"
    );
    assert_eq!(
        refused(&wish(&acting, i32::MAX, "stop", None).await),
        "instance_not_found"
    );
    let by_b = acting
        .call(
            "admin_wish",
            &[&caller(B), &bo, &"stop", &None::<&str>, &None::<&str>],
        )
        .await;
    assert_eq!(refused(&by_b), "admin_only");
    acting
        .run(&format!(
            "update accounts set status = 'suspended' where id = '{B}'"
        ))
        .await;
    for word in ["start", "restart", "provision"] {
        let answer = wish(&acting, bo, word, None).await;
        assert_eq!(refused(&answer), "account_not_active", "{word}");
        assert_eq!(answer["refusal"]["status"], "suspended");
    }
    assert_eq!(
        refused(&wish(&acting, bo, "delete", Some("bo-2")).await),
        ""
    );
    assert_eq!(
        refused(&wish(&acting, bo, "stop", None).await),
        "instance_deleted"
    );
}

#[tokio::test]
async fn provisioning_repairs_what_is_in_error_and_nothing_else() {
    let acting = Acting::new().await;
    let bo = stopped(&acting).await;
    let generation = "select desired_gen from instances where subdomain = 'bo-2'";
    let before = acting.value(generation).await;
    let idle = wish(&acting, bo, "provision", None).await;
    assert_eq!(idle["data"]["job"], Value::Null);
    assert_eq!(acting.value(generation).await, before);
    acting
        .run("update instances set desired_state = 'running', status = 'error' where subdomain = 'bo-2'")
        .await;
    let repaired = wish(&acting, bo, "provision", None).await;
    assert_eq!(repaired["data"]["job"]["state"], "queued");
    assert_eq!(acting.audited().await, "instance.provision admin b1 why");
}

#[tokio::test]
async fn a_stop_by_hand_outlasts_a_suspension() {
    let acting = Acting::new().await;
    let bo = stopped(&acting).await;
    acting
        .run("update instances set held_with_account = true where subdomain = 'bo-2'")
        .await;
    assert_eq!(refused(&wish(&acting, bo, "stop", None).await), "");
    let held = "select held_with_account from instances where subdomain = 'bo-2'";
    assert_eq!(acting.value(held).await, "false");
}

#[tokio::test]
async fn the_detail_tells_jobs_events_and_checks_of_this_instance_alone() {
    let acting = Acting::new().await;
    let acme = number(&acting, "acme").await;
    let detail = acting.call("admin_instance", &[&caller(A), &acme]).await["data"].clone();
    assert_eq!(detail["account_email"], "ann@example.com");
    assert_eq!(detail["drifted"], false);
    for part in ["jobs", "events", "health_checks"] {
        assert!(!detail[part].as_array().unwrap().is_empty(), "{part}");
    }
    let jobs = detail["jobs"].as_array().unwrap();
    assert!(
        jobs.iter()
            .all(|job| job["lane"] == format!("instance:{OF_A}"))
    );
    assert!(!detail.to_string().contains("bo@example.com"));
    acting
        .run(&format!(
            "update instances set status = 'stopped', observed_gen = desired_gen, status_deadline = null where id = '{OF_A}'"
        ))
        .await;
    let drifted = acting.call("admin_instance", &[&caller(A), &acme]).await;
    assert_eq!(drifted["data"]["drifted"], true);
}

/// Steps that took 4, 6 and 20 seconds elsewhere, and one under way for 2.
#[tokio::test]
async fn what_is_left_is_estimated_from_what_others_took() {
    let acting = Acting::new().await;
    acting
        .run(&format!(
            "delete from instance_events;
             insert into instance_events (account_id, instance, kind, name, state, created_at)
             select '{B}', i.id, 'step', s.name, s.state, now() - interval '1 hour' + s.at * interval '1 second'
             from instances i, (values ('one', 'started', 0), ('one', 'done', 4), ('one', 'started', 10), ('one', 'done', 16),
               ('one', 'started', 20), ('one', 'done', 40), ('two', 'started', 50), ('two', 'failed', 59),
               ('two', 'started', 60), ('two', 'done', 63)) s (name, state, at)
             where i.account_id = '{B}' order by s.at;
             update instances set progress = jsonb_build_array(
               jsonb_build_object('name', 'one', 'title', 'One', 'state', 'running',
                 'started_at', to_char(clock_timestamp() at time zone 'UTC' - interval '2 s', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')),
               jsonb_build_object('name', 'two', 'title', 'Two', 'state', 'pending')) where id = '{OF_A}'"
        ))
        .await;
    let acme = number(&acting, "acme").await;
    let estimate =
        async || acting.call("my_instance", &[&caller(A), &acme]).await["data"]["estimate"].clone();
    let told = estimate().await;
    assert_eq!(
        told["steps"],
        json!([{"name": "one", "typical_seconds": 6.0}, {"name": "two", "typical_seconds": 3.0}])
    );
    // of the six seconds two or more are over
    let remaining = told["remaining_seconds"].as_i64().unwrap();
    assert!((3..=7).contains(&remaining), "{told}");
    // a step that nobody ever saw ends the guessing
    acting
        .run(&format!(
            "update instances set progress = progress || '[{{\"name\": \"new\", \"title\": \"New\", \"state\": \"pending\"}}]'
             where id = '{OF_A}'"
        ))
        .await;
    assert_eq!(estimate().await, Value::Null);
    // and so does the end of the work
    acting
        .run(&format!(
            "update instances set progress = '[{{\"name\": \"one\", \"title\": \"One\", \"state\": \"done\"}}]' where id = '{OF_A}'"
        ))
        .await;
    assert_eq!(estimate().await, Value::Null);
}

/// Two instances, of which one waits for its job already.
async fn two(acting: &Acting) {
    acting
        .run(
            "delete from prov.jobs; delete from prov.sync_pass; delete from prov.sync_pass_instances;
             update instances set status = 'deprovisioned';
             update instances set status = 'running' where subdomain in ('bo-2', (select min(subdomain) from instances));
             select prov.enqueue_instance(id) from instances where subdomain = 'bo-2'",
        )
        .await;
}

async fn sync(acting: &Acting, preview: bool) -> Value {
    acting
        .call(
            "admin_sync_instances",
            &[&caller(A), &preview, &Some("why")],
        )
        .await["data"]
        .clone()
}

#[tokio::test]
async fn all_instances_are_reconciled_by_jobs_that_join_those_that_wait() {
    let acting = Acting::new().await;
    two(&acting).await;
    let jobs = "select count(*) || ' ' || count(*) filter (where class = 1) from prov.jobs where kind = 'reconcile-instance'";
    let planned = sync(&acting, true).await;
    for (name, expected) in [
        ("instances", 2),
        ("enqueued", 1),
        ("joined", 1),
        ("total", 0),
    ] {
        assert_eq!(planned[name], expected, "{name}: {planned}");
    }
    assert_eq!(planned["begun_at"], Value::Null);
    assert_eq!(acting.value(jobs).await, "1 0", "a preview does nothing");
    let begun = sync(&acting, false).await;
    assert_eq!(begun["enqueued"], 1, "{begun}");
    assert_eq!(acting.value(jobs).await, "2 1");
    assert_eq!(acting.audited().await, "instance.sync admin why");

    // one is done and found something, the other one died
    acting
        .run(
            "delete from prov.jobs where class = 1; update prov.jobs set state = 'dead';
             update instances set status = 'error', status_reason = 'It broke.' where subdomain = 'bo-2'",
        )
        .await;
    let last = sync(&acting, true).await;
    for (name, expected) in [("total", 2), ("synced", 1), ("errors", 1), ("waiting", 0)] {
        assert_eq!(last[name], expected, "{name}: {last}");
    }
    let bo = number(&acting, "bo-2").await;
    assert_eq!(
        last["updates"],
        json!([{"instance_id": bo, "old_status": "running", "new_status": "error", "reason": "It broke."}])
    );
    let by_b = acting
        .call("admin_sync_instances", &[&caller(B), &false, &Some("x")])
        .await;
    assert_eq!(refused(&by_b), "admin_only");
}

/// A machine's call with a key that lets it provision.
async fn machine(acting: &Acting) -> Value {
    let digest = "ab".repeat(32);
    acting
        .run(&format!(
            "select api.seed_service_key('provisioner', decode('{digest}', 'hex'), array['provision'])"
        ))
        .await;
    json!({"key_sha256": digest, "scope": "provision", "operation": "POST /system/x", "network": "192.0.2.0/24",
        "stranger_limit": 100, "address": "192.0.2.7", "request_id": "r2", "public_url": "http://m.example"})
}

#[tokio::test]
async fn a_machine_starts_only_what_is_paid_for() {
    let acting = Acting::new().await;
    let bo = stopped(&acting).await;
    let call = machine(&acting).await;
    let wish = async |wish: &str| acting.call("system_wish", &[&call, &bo, &wish]).await;
    acting
        .run("update subscriptions set status = 'cancelled'")
        .await;
    assert_eq!(refused(&wish("start").await), "subscription_inactive");
    acting
        .run(&format!(
            "update subscriptions set status = 'active', tier = 'pro' where id = (select subscription_id from instances where instance_id = {bo})"
        ))
        .await;
    let started = wish("start").await;
    assert_eq!(started["data"]["job"]["state"], "queued", "{started}");
    assert_eq!(acting.audited().await, "instance.start system b1");
    acting
        .run(&format!(
            "update accounts set status = 'suspended' where id = '{B}'"
        ))
        .await;
    assert_eq!(refused(&wish("restart").await), "account_not_active");
    // what is to end may end
    let removed = wish("delete").await;
    assert_eq!(removed["data"]["success"], true, "{removed}");
    assert_eq!(acting.audited().await, "instance.delete system b1");
}

#[tokio::test]
async fn a_machine_provisions_what_the_account_could() {
    let acting = Acting::new().await;
    acting
        .run(&format!(
            "delete from prov.jobs; delete from instances where account_id = '{B}';
             update subscriptions set status = 'cancelled' where account_id = '{B}'"
        ))
        .await;
    let call = machine(&acting).await;
    let plans = json!({"free": 0, "byok": 1, "hobby": 1, "pro": 1, "enterprise": 1});
    let names = vec!["made-by-machine".to_owned()];
    let provision = async |account: &str| {
        let account: uuid::Uuid = account.parse().unwrap();
        acting
            .call(
                "system_provision",
                &[&call, &account, &names, &None::<&str>, &plans],
            )
            .await
    };
    let nobody = "00000000-0000-0000-0000-00000000dead";
    assert_eq!(refused(&provision(nobody).await), "account_not_found");
    assert!(
        ["plan_has_no_instance", "subscription_inactive"].contains(&refused(&provision(B).await))
    );
    acting
        .run("update subscriptions set status = 'active', tier = 'pro' where id = '00000000-0000-0000-0000-0000000000b2'")
        .await;
    let made = provision(B).await;
    assert_eq!(
        made["data"]["instance"]["subdomain"], "made-by-machine",
        "{made}"
    );
    assert_eq!(acting.audited().await, "instance.provision system b1");
    // once
    let again = provision(B).await;
    assert_eq!(
        again["data"]["instance"]["id"],
        made["data"]["instance"]["id"]
    );
}
