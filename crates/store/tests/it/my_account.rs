//! What accounts see and change of their own.

use serde_json::{Value, json};

use crate::acting::{Acting, caller, refused};
use crate::support::{A, B};

#[tokio::test]
async fn names_change_one_by_one() {
    let acting = Acting::new().await;
    for (change, full_name, company_name) in [
        (json!({"full_name": "Bo"}), json!("Bo"), json!("Bø & Co")),
        (json!({"company_name": null}), json!("Bo"), Value::Null),
        (json!({}), json!("Bo"), Value::Null),
    ] {
        let answer = acting
            .call("change_my_account", &[&caller(B), &change])
            .await;
        let account = &answer["data"];
        assert_eq!(
            (&account["full_name"], &account["company_name"]),
            (&full_name, &company_name),
            "{change}"
        );
        assert_eq!(account["subscriptions"].as_array().unwrap().len(), 2);
        assert_eq!(acting.audited().await, "account.edit account b1");
    }
    let details = "select string_agg(details ->> 'changed', ' ' order by id) from audit_logs where action = 'account.edit'";
    assert_eq!(
        acting.value(details).await,
        r#"["full_name"] ["company_name"] []"#
    );
}

#[tokio::test]
async fn an_account_reads_what_was_done_to_it_but_not_by_whom_of_the_staff() {
    let acting = Acting::new().await;
    acting
        .run(&format!(
            "insert into audit_logs (account_id, actor_type, actor_id, action, resource_type, reason, ip_address, details)
             values ('{B}', 'admin', '{A}', 'account.suspend', 'account', 'smells', '198.51.100.9', '{{\"secret\": 1}}'),
               ('{B}', 'account', '{B}', 'instance.stop', 'instance', null, '192.0.2.9', '{{}}')"
        ))
        .await;
    let newest = acting.call("my_audit", &[&caller(B), &i64::MAX, &2]).await["data"].clone();
    let actors: Vec<_> = newest["entries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| (entry["actor"].clone(), entry["ip_address"].clone()))
        .collect();
    assert_eq!(
        actors,
        [
            (json!("you"), json!("192.0.2.9")),
            (json!("support"), Value::Null)
        ]
    );
    for hidden in ["smells", "198.51.100.9", "secret", A] {
        assert!(!newest.to_string().contains(hidden), "{hidden}");
    }
    let next = newest["next"].as_i64().unwrap();
    let older = acting.call("my_audit", &[&caller(B), &next, &2]).await["data"].clone();
    assert_eq!(older["entries"].as_array().unwrap().len(), 1);
    assert_eq!(older["next"], Value::Null);
}

#[tokio::test]
async fn usage_is_that_of_the_days_that_were_asked_for() {
    let acting = Acting::new().await;
    for (days, count, messages) in [(1, 1, 12), (40, 1, 12), (41, 2, 19), (365, 2, 19)] {
        let answer = acting.call("my_usage", &[&caller(A), &days]).await;
        let usage = &answer["data"];
        assert_eq!(usage["usage"].as_array().unwrap().len(), count, "{days}");
        assert_eq!(usage["aggregated"]["totalMessages"], messages, "{days}");
        assert_eq!(usage["limits"]["max_agents"], 5);
    }
}

#[tokio::test]
async fn invoices_and_names_are_ones_own() {
    let acting = Acting::new().await;
    let invoices = acting.call("my_invoices", &[&caller(A)]).await["data"]["invoices"].clone();
    assert_eq!(invoices.as_array().unwrap().len(), 1);
    assert_eq!(invoices[0]["number"], "A-1");
    for (name, taken) in [("acme", true), ("bo-2", true), ("free-one", false)] {
        let answer = acting.call("subdomain_taken", &[&caller(A), &name]).await;
        assert_eq!(answer["data"], taken, "{name}");
    }
}

#[tokio::test]
async fn a_command_on_a_subscription_needs_a_customer_and_is_noted() {
    let acting = Acting::new().await;
    let context = acting.call("subscription_context", &[&caller(B)]).await;
    assert_eq!(context["data"]["customer_id"], "cus_b");
    let details = json!({"at_period_end": true, "cancelled": 1_800_000_000});
    let noted = acting
        .call(
            "note_subscription",
            &[&caller(B), &"cancel", &"sub_b", &details],
        )
        .await;
    assert_eq!(noted["data"]["cancelled_at"], "2027-01-15T08:00:00+00:00");
    assert_eq!(acting.audited().await, "subscription.cancel account b1");
    acting
        .run(&format!(
            "update accounts set stripe_customer_id = null where id = '{B}'"
        ))
        .await;
    let context = acting.call("subscription_context", &[&caller(B)]).await;
    assert_eq!(refused(&context), "no_paid_subscription");
}

/// What was refused after the database had let the command in is refused again under its key, and not tried.
#[tokio::test]
async fn a_refusal_is_kept_as_an_answer_is() {
    let acting = Acting::new().await;
    let mut call = caller(B);
    call["idempotency"] = json!({"subject": B, "key": "k", "request_sha256": "x",
        "attempt": "00000000-0000-0000-0000-00000000beef"});
    let begun = acting.call("subscription_context", &[&call]).await;
    assert!(begun["claim"].is_string(), "{begun}");
    acting
        .call("keep_refusal", &[&call, &json!({"code": "plan_unchanged"})])
        .await;
    let again = acting.call("subscription_context", &[&call]).await;
    assert_eq!(
        again["replay"],
        json!({"refusal": {"code": "plan_unchanged"}})
    );
}
