//! What admins list of billing and of the audit log.

use serde_json::{Value, json};

use crate::acting::{Acting, caller, page, refused};
use crate::support::{A, B};

async fn list(acting: &Acting, function: &str, filters: Value) -> Vec<Value> {
    let answer = acting.call(function, &[&caller(A), &page(&filters)]).await;
    let rows = answer["data"]["data"].as_array();
    let rows = rows.unwrap_or_else(|| panic!("{function} {filters}: {answer}"));
    assert_eq!(answer["data"]["total"], rows.len());
    rows.clone()
}

#[tokio::test]
async fn each_list_finds_by_its_filters() {
    let acting = Acting::new().await;
    for (function, filters, found) in [
        ("admin_subscriptions", json!({}), 3),
        ("admin_subscriptions", json!({"tier": "pro"}), 1),
        ("admin_subscriptions", json!({"account_id": B}), 2),
        (
            "admin_subscriptions",
            json!({"account_id": B, "status": "active"}),
            1,
        ),
        ("admin_subscriptions", json!({"q": "SUB_A"}), 1),
        ("admin_payments", json!({}), 2),
        ("admin_payments", json!({"status": "paid"}), 1),
        ("admin_payments", json!({"q": "ann@"}), 1),
        ("admin_payments", json!({"q": "%"}), 0),
        ("admin_usage", json!({}), 3),
        ("admin_usage", json!({"tier": "hobby"}), 2),
        ("admin_usage", json!({"account_id": B}), 1),
        ("admin_webhook_events", json!({}), 3),
        ("admin_webhook_events", json!({"state": "processed"}), 1),
        ("admin_webhook_events", json!({"state": "waiting"}), 1),
        ("admin_webhook_events", json!({"state": "parked"}), 1),
        ("admin_webhook_events", json!({"type": "invoice.paid"}), 2),
        ("admin_webhook_events", json!({"account_id": A}), 1),
        ("admin_webhook_events", json!({"q": "cus_nobody"}), 1),
        ("admin_audit", json!({"actor_type": "stripe"}), 1),
        ("admin_audit", json!({"action": "instance.start"}), 1),
        ("admin_audit", json!({"account_id": B}), 1),
        ("admin_audit", json!({"q": "WHY"}), 1),
        (
            "admin_audit",
            json!({"resource_type": "instance", "resource_id": "a4"}),
            1,
        ),
    ] {
        let rows = list(&acting, function, filters.clone()).await;
        assert_eq!(rows.len(), found, "{function} {filters}: {rows:#?}");
    }
    for function in [
        "admin_subscriptions",
        "admin_payments",
        "admin_usage",
        "admin_webhook_events",
        "admin_audit",
    ] {
        let unknown = page(&json!({"sort": "payload"}));
        let answer = acting.call(function, &[&caller(A), &unknown]).await;
        assert_eq!(refused(&answer), "unknown_sort", "{function}");
        let by_b = acting
            .call(function, &[&caller(B), &page(&json!({}))])
            .await;
        assert_eq!(refused(&by_b), "admin_only", "{function}");
    }
}

#[tokio::test]
async fn an_event_is_acted_on_again() {
    let acting = Acting::new().await;
    acting.run("delete from prov.jobs").await;
    let answer = acting.call("replay_event", &[&caller(A), &"evt_a"]).await;
    assert_eq!(answer["data"]["event"]["state"], "waiting", "{answer}");
    assert_eq!(answer["data"]["job"]["kind"], "stripe-event");
    assert_eq!(acting.audited().await, "webhook.replay admin a1");
    let again = acting.call("replay_event", &[&caller(A), &"evt_a"]).await;
    assert_eq!(
        again["data"]["job"], answer["data"]["job"],
        "it waits already"
    );
    let unknown = acting.call("replay_event", &[&caller(A), &"evt_zz"]).await;
    assert_eq!(refused(&unknown), "event_not_found");
}

/// More than are looked at for one page: each entry is found, and none twice.
#[tokio::test]
async fn the_audit_log_is_read_to_its_end_by_key() {
    let acting = Acting::new().await;
    acting
        .run(
            "insert into audit_logs (actor_type, action, resource_type, resource_id)
             select 'daemon', 'bulk', 'x', case when n % 15000 = 0 then 'rare' else n::text end
             from generate_series(1, 45000) n",
        )
        .await;
    let mut before = Value::Null;
    let mut found = Vec::new();
    loop {
        let filters = json!({"action": "bulk", "q": "rare", "before": before});
        let answer = acting
            .call("admin_audit", &[&caller(A), &page(&filters)])
            .await;
        let rows = answer["data"]["data"].as_array().unwrap().clone();
        found.extend(rows.iter().map(|row| row["id"].as_i64().unwrap()));
        before = answer["data"]["next"].clone();
        if before.is_null() {
            break;
        }
    }
    assert_eq!(found.len(), 3, "{found:?}");
    found.sort_unstable();
    found.dedup();
    assert_eq!(found.len(), 3);
}

#[tokio::test]
async fn the_days_are_all_there_and_counted_once() {
    let acting = Acting::new().await;
    acting
        .run(&format!(
            "update accounts set created_at = now() - interval '40 days' where id = '{A}';
             update accounts set created_at = now() - interval '5 days' where id = '{B}';
             update payments set created_at = now() - interval '5 days', amount_paid = 700;
             update subscriptions set status = 'cancelled', cancelled_at = now() - interval '29 days' where tier = 'pro'"
        ))
        .await;
    let prices = json!({"currency": "usd", "hobby": {"monthly": 1000, "yearly": 9600}});
    let answer = acting.call("admin_dashboard", &[&caller(A), &prices]).await;
    let days = answer["data"]["days"].as_array().unwrap();
    assert_eq!(days.len(), 30);
    let sum = |field: &str| -> i64 { days.iter().map(|day| day[field].as_i64().unwrap()).sum() };
    assert_eq!(
        (sum("signups"), sum("paid"), sum("ended"), sum("instances")),
        (2, 1400, 1, 2),
        "{days:#?}"
    );
    assert_eq!(days[24]["paid"], 1400);
    assert_eq!(days[0]["ended"], 1);
    assert_eq!(answer["data"]["total_accounts"], 3);
    let by_b = acting.call("admin_dashboard", &[&caller(B), &prices]).await;
    assert_eq!(refused(&by_b), "admin_only");
}
