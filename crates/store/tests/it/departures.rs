//! Export, consent, and the end of an account with the way back.

use serde_json::{Value, json};

use crate::acting::{Acting, caller, page, refused};
use crate::support::{A, B, refusal};

/// B pays for Pro and has an instance that runs and one that was stopped by hand; nothing is to do.
async fn acting() -> Acting {
    let acting = Acting::new().await;
    acting
        .run(&format!(
            "delete from prov.jobs; delete from account_deletions; delete from instances where account_id = '{B}';
             update subscriptions set status = 'active' where id = '00000000-0000-0000-0000-0000000000b2';
             insert into instances (account_id, subscription_id, subdomain, name, tier, desired_state, status, observed_gen)
             select '{B}', '00000000-0000-0000-0000-0000000000b2', 'b-' || wish, 'B', 'pro', wish, wish, 1
             from unnest(array['running', 'stopped']) w (wish)"
        ))
        .await;
    acting
}

async fn schedule(acting: &Acting, days: i32) -> Value {
    let ending = ["sub_b".to_owned()];
    acting
        .call(
            "schedule_deletion",
            &[&caller(B), &ending.as_slice(), &days],
        )
        .await
}

async fn state(acting: &Acting) -> String {
    acting
        .value(&format!(
            "select concat_ws(' ', (select status from accounts where id = '{B}'),
               (select string_agg(subdomain || ':' || desired_state, ' ' order by subdomain) from instances where account_id = '{B}'),
               (select count(*) from prov.jobs where kind = 'delete-account'))"
        ))
        .await
}

#[tokio::test]
async fn who_goes_is_out_at_once_and_comes_back_as_they_were() {
    let acting = acting().await;
    let before = state(&acting).await;
    assert_eq!(before, "active b-running:running b-stopped:stopped 0");
    let context = acting.call("deletion_context", &[&caller(B)]).await;
    assert_eq!(
        context["data"],
        json!({"customer_id": "cus_b", "open_session": "cs_b"})
    );
    let first = schedule(&acting, 7).await;
    assert_eq!(
        state(&acting).await,
        "deleted b-running:stopped b-stopped:stopped 1"
    );
    assert_eq!(acting.audited().await, "account.delete account b1");
    // a second request that was on its way changes nothing
    assert_eq!(schedule(&acting, 30).await, first);
    for function in ["my_account", "my_audit", "deletion_context"] {
        let answer = match function {
            "my_audit" => acting.call(function, &[&caller(B), &9_i64, &1]).await,
            _ => acting.call(function, &[&caller(B)]).await,
        };
        assert_eq!(refused(&answer), "account_deleted", "{function}");
    }
    assert_eq!(
        acting
            .value(&format!(
                "select count(*) from sessions where account_id = '{B}'"
            ))
            .await,
        "0"
    );
    // seven days hence, and not before
    let delay = "select round(extract(epoch from run_at - now()) / 86400) from prov.jobs where kind = 'delete-account'";
    assert_eq!(acting.value(delay).await, "7");

    let context = acting.call("return_context", &[&caller(B)]).await;
    assert_eq!(
        context["data"],
        json!({"pending": true, "subscriptions": ["sub_b"]})
    );
    acting.call("take_deletion_back", &[&caller(B)]).await;
    assert_eq!(state(&acting).await, before);
    assert_eq!(acting.audited().await, "account.restore account b1");
    let context = acting.call("return_context", &[&caller(B)]).await;
    assert_eq!(context["data"]["pending"], false);
    // and may go again
    schedule(&acting, 7).await;
    assert_eq!(acting.value(delay).await, "7");
}

#[tokio::test]
async fn there_is_a_point_of_no_return() {
    let acting = acting().await;
    schedule(&acting, 0).await;
    acting
        .run("update account_deletions set begun_at = now()")
        .await;
    for function in ["return_context", "take_deletion_back"] {
        let answer = acting.call(function, &[&caller(B)]).await;
        assert_eq!(refused(&answer), "deletion_begun", "{function}");
    }
    assert!(state(&acting).await.starts_with("deleted "));
}

#[tokio::test]
async fn some_do_not_go_by_themselves() {
    let acting = acting().await;
    let admins = acting.call("deletion_context", &[&caller(A)]).await;
    assert_eq!(refused(&admins), "admin_stays");
    acting
        .run(&format!(
            "update accounts set status = 'suspended' where id = '{B}'"
        ))
        .await;
    for function in ["deletion_context", "return_context", "export_account"] {
        let answer = acting.call(function, &[&caller(B)]).await;
        assert_eq!(refused(&answer), "account_suspended", "{function}");
    }
}

#[tokio::test]
async fn an_export_has_everything_of_the_account_and_nothing_of_another() {
    let acting = acting().await;
    schedule(&acting, 7).await;
    let export = acting.call("export_account", &[&caller(B)]).await["data"].clone();
    for (part, count) in [
        ("subscriptions", 2),
        ("instances", 2),
        ("usage_metrics", 1),
        ("payments", 1),
        ("checkout_sessions", 1),
        ("webhook_events", 1),
    ] {
        assert_eq!(
            export[part].as_array().unwrap().len(),
            count,
            "{part}: {export}"
        );
    }
    let personal = &export["personal_data"];
    assert_eq!(personal["status"], "deleted");
    assert_eq!(personal["support_notes"], "Pays by yearly invoice ☃");
    let activity = export["activity_history"].as_array().unwrap();
    assert!(
        activity
            .iter()
            .any(|entry| entry["action"] == "account.delete")
    );
    let text = export.to_string();
    for foreign in ["ann@example.com", "cus_a", A, "acme"] {
        assert!(!text.contains(foreign), "{foreign}");
    }
    assert_eq!(acting.audited().await, "account.export account b1");
}

#[tokio::test]
async fn consent_is_what_was_said_last() {
    let acting = acting().await;
    for (marketing, analytics) in [(true, false), (false, true)] {
        let consent = json!({"marketing": marketing, "analytics": analytics});
        let answer = acting.call("change_consent", &[&caller(B), &consent]).await;
        assert_eq!(
            answer["data"]["consent"],
            json!({"marketing": marketing, "analytics": analytics, "essential": true})
        );
        let own = acting.call("my_account", &[&caller(B)]).await;
        assert_eq!(own["data"]["consent_marketing"], marketing);
        assert_eq!(acting.audited().await, "account.consent account b1");
    }
}

#[tokio::test]
async fn payments_outlive_the_account_without_it() {
    let acting = acting().await;
    acting
        .run(&format!(
            "delete from instances where account_id = '{B}'; delete from accounts where id = '{B}'"
        ))
        .await;
    let kept =
        "select count(*) from payments where stripe_invoice_id = 'in_b' and account_id is null";
    assert_eq!(acting.value(kept).await, "1");
    let list = acting
        .call("admin_payments", &[&caller(A), &page(&json!({}))])
        .await;
    assert_eq!(list["data"]["total"], 2, "{list}");
}

#[tokio::test]
async fn nobody_sends_another_account_away() {
    let acting = acting().await;
    acting
        .functions
        .batch_execute(&format!("set app.account_id = '{A}'"))
        .await
        .unwrap();
    acting
        .functions
        .batch_execute("select prov.forget_account_deletion()")
        .await
        .unwrap();
    let others =
        format!("insert into account_deletions (account_id, due_at) values ('{B}', now())");
    assert_eq!(refusal(&acting.functions, &others).await, "42501");
    for statement in [
        "select prov.erase_account(1, 1, gen_random_uuid())",
        "select prov.begin_account_deletion(1, 1, gen_random_uuid())",
        "update account_deletions set due_at = now()",
    ] {
        assert_eq!(
            refusal(&acting.functions, statement).await,
            "42501",
            "{statement}"
        );
    }
}
