//! What admins do with accounts and their instances.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::acting::{Acting, caller, refused};
use crate::support::{A, B, refusal};

fn id(account: &str) -> Uuid {
    account.parse().unwrap()
}

/// An account's instances as `subdomain: wish, held?`, by name.
async fn instances(acting: &Acting, account: &str) -> String {
    acting
        .value(&format!(
            "select string_agg(subdomain || ': ' || desired_state || case when held_with_account then ', held' else '' end,
               '; ' order by subdomain) from instances where account_id = '{account}'"
        ))
        .await
}

/// Gives B, who pays for Pro, instances in each state of the wish, and nothing to do.
async fn with_instances(acting: &Acting) {
    acting
        .run(&format!(
            "delete from prov.jobs; delete from instances where account_id = '{B}';
             update subscriptions set status = 'active' where id = '00000000-0000-0000-0000-0000000000b2';
             insert into instances (account_id, subscription_id, subdomain, name, tier, desired_state, status, observed_gen)
             select '{B}', '00000000-0000-0000-0000-0000000000b2', 'b-' || wish, 'B', 'pro', wish, status, 1
             from (values ('running', 'running'), ('stopped', 'stopped'), ('deleted', 'deprovisioned')) w (wish, status)"
        ))
        .await;
}

async fn change_status(acting: &Acting, account: &str, status: &str) -> Value {
    let answer = acting
        .call(
            "change_account_status",
            &[&caller(A), &id(account), &status, &"why not"],
        )
        .await;
    if answer.get("refusal").is_some() {
        return answer;
    }
    answer["data"].clone()
}

#[tokio::test]
async fn a_suspension_stops_what_ran_and_its_end_brings_back_exactly_that() {
    let acting = Acting::new().await;
    with_instances(&acting).await;
    let suspended = change_status(&acting, B, "suspended").await;
    assert_eq!(suspended["instances"], 1);
    assert_eq!(
        instances(&acting, B).await,
        "b-deleted: deleted; b-running: stopped, held; b-stopped: stopped"
    );
    let jobs =
        "select count(*) from prov.jobs where state = 'queued' and kind = 'reconcile-instance'";
    assert_eq!(acting.value(jobs).await, "1");
    assert_eq!(acting.audited().await, "account.suspend admin b1 why not");
    // out at once, with a token that is still good and by a session that was begun before
    assert_eq!(
        refused(&acting.call("my_account", &[&caller(B)]).await),
        "account_suspended"
    );
    let sessions = format!("select count(*) from sessions where account_id = '{B}'");
    assert_eq!(acting.value(&sessions).await, "0");
    // the same again holds nothing anew
    assert_eq!(change_status(&acting, B, "suspended").await["instances"], 0);

    assert_eq!(change_status(&acting, B, "active").await["instances"], 1);
    assert_eq!(
        instances(&acting, B).await,
        "b-deleted: deleted; b-running: running; b-stopped: stopped"
    );
    assert_eq!(acting.audited().await, "account.activate admin b1 why not");
    assert_eq!(refused(&acting.call("my_account", &[&caller(B)]).await), "");
}

#[tokio::test]
async fn what_nobody_pays_for_any_more_is_not_brought_back() {
    let acting = Acting::new().await;
    with_instances(&acting).await;
    change_status(&acting, B, "suspended").await;
    acting
        .run(&format!(
            "update subscriptions set status = 'cancelled' where account_id = '{B}'"
        ))
        .await;
    assert_eq!(change_status(&acting, B, "active").await["instances"], 0);
    assert_eq!(
        instances(&acting, B).await,
        "b-deleted: deleted; b-running: stopped; b-stopped: stopped"
    );
}

#[tokio::test]
async fn some_accounts_cannot_be_suspended() {
    let acting = Acting::new().await;
    for (account, status, expected) in [
        (A, "suspended", "account_is_admin"),
        (
            "00000000-0000-0000-0000-0000000000c1",
            "active",
            "account_is_deleted",
        ),
        (
            "00000000-0000-0000-0000-00000000dead",
            "suspended",
            "account_not_found",
        ),
    ] {
        let answer = change_status(&acting, account, status).await;
        assert_eq!(refused(&answer), expected, "{account}");
    }
    let by_b = acting
        .call(
            "change_account_status",
            &[&caller(B), &id(A), &"suspended", &"x"],
        )
        .await;
    assert_eq!(refused(&by_b), "admin_only");
}

#[tokio::test]
async fn there_is_always_an_admin_who_can_come_in() {
    let acting = Acting::new().await;
    let change = async |by: &str, account: &str, is_admin: bool| {
        let answer = acting
            .call(
                "change_admin",
                &[&caller(by), &id(account), &is_admin, &"why"],
            )
            .await;
        refused(&answer).to_owned()
    };
    assert_eq!(change(A, A, false).await, "last_admin");
    assert_eq!(change(A, B, true).await, "");
    assert_eq!(acting.audited().await, "admin.grant admin b1 why");
    assert_eq!(change(B, A, false).await, "");
    assert_eq!(acting.audited().await, "admin.revoke admin a1 why");
    assert_eq!(change(A, B, false).await, "admin_only");
    assert_eq!(change(B, B, false).await, "last_admin");
    // one who cannot come in is no help
    acting
        .run(&format!(
            "update accounts set is_admin = true, status = 'suspended' where id = '{A}'"
        ))
        .await;
    assert_eq!(change(B, B, false).await, "last_admin");
    assert_eq!(change(B, A, true).await, "account_not_active");
}

#[tokio::test]
async fn two_admins_cannot_take_it_from_each_other_at_once() {
    let acting = Acting::new().await;
    acting
        .run(&format!(
            "update accounts set is_admin = true where id = '{B}'"
        ))
        .await;
    let mut others = acting.database.connect("mindroom_functions").await;
    let first = others.transaction().await.unwrap();
    let call = "select api.change_admin($1, $2, false, 'x')";
    first.query_one(call, &[&caller(A), &id(B)]).await.unwrap();
    let (by_b, a) = (caller(B), id(A));
    let arguments: [&(dyn tokio_postgres::types::ToSql + Sync); 2] = [&by_b, &a];
    let second = acting.functions.query_one(call, &arguments);
    let waits = async {
        let waiting = "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()";
        while acting.value(waiting).await == "0" {
            tokio::task::yield_now().await;
        }
        first.commit().await.unwrap();
    };
    let (second, ()) = tokio::join!(second, waits);
    let answer: Value = second.unwrap().get(0);
    assert_eq!(refused(&answer), "last_admin", "{answer}");
    let left = "select count(*) from accounts where is_admin and status = 'active'";
    assert_eq!(acting.value(left).await, "1");
}

#[tokio::test]
async fn names_and_notes_are_the_given_ones_and_the_log_does_not_repeat_them() {
    let acting = Acting::new().await;
    let names = json!({"full_name": "Bo Secret", "company_name": null, "notes": "Pays by yearly invoice ☃"});
    let answer = acting
        .call("edit_account", &[&caller(A), &id(B), &names])
        .await;
    let account = &answer["data"]["account"];
    for (field, value) in names.as_object().unwrap() {
        assert_eq!(&account[field], value, "{field}");
    }
    let details = acting
        .value("select details from audit_logs order by id desc limit 1")
        .await;
    assert_eq!(details, r#"{"changed": ["company_name", "full_name"]}"#);
    let none = json!({"full_name": null, "company_name": null, "notes": null});
    let answer = acting
        .call("edit_account", &[&caller(A), &id(B), &none])
        .await;
    assert_eq!(answer["data"]["account"]["notes"], Value::Null);
    // the account's own view has none of them
    let own = acting.call("my_account", &[&caller(B)]).await;
    assert!(own["data"].get("notes").is_none());
}

#[tokio::test]
async fn the_detail_has_what_belongs_to_the_account() {
    let acting = Acting::new().await;
    let detail = acting.call("admin_account", &[&caller(A), &id(B)]).await["data"].clone();
    assert_eq!(detail["account"]["email"], "bo@example.com");
    assert_eq!(detail["account"]["notes"], "Pays by yearly invoice ☃");
    assert_eq!(detail["subscription"]["tier"], "pro");
    for (part, count) in [("subscriptions", 2), ("instances", 1), ("payments", 1)] {
        assert_eq!(detail[part].as_array().unwrap().len(), count, "{part}");
    }
    let actions: Vec<_> = detail["activity"].as_array().unwrap().iter().collect();
    assert!(actions.iter().all(|entry| entry["account_id"] == B));
    assert!(!actions.is_empty() && !detail.to_string().contains("ann@example.com"));
}

#[tokio::test]
async fn the_columns_stay_closed_to_whoever_is_no_admin() {
    let acting = Acting::new().await;
    acting
        .functions
        .batch_execute(&format!("set app.account_id = '{B}'"))
        .await
        .unwrap();
    for statement in [
        format!("update accounts set is_admin = true where id = '{B}'"),
        format!("update accounts set status = 'suspended' where id = '{A}'"),
    ] {
        assert_eq!(refusal(&acting.functions, &statement).await, "42501");
    }
    for statement in [
        format!("select api.set_admin('{B}', true)"),
        format!("select api.set_account_status('{A}', 'suspended')"),
        "select prov.reopen_event('evt_a')".to_owned(),
    ] {
        acting.functions.batch_execute(&statement).await.unwrap();
    }
    assert_eq!(
        acting
            .value("select count(*) from accounts where is_admin")
            .await,
        "1"
    );
    assert_eq!(
        acting
            .value("select outcome from webhook_events where id = 'evt_a'")
            .await,
        "saved"
    );
}

async fn remove(acting: &Acting, account: &str, confirm: &str) -> Value {
    acting
        .call(
            "remove_account",
            &[&caller(A), &id(account), &confirm, &"asked by post"],
        )
        .await
}

#[tokio::test]
async fn who_is_deleted_by_an_admin_cannot_take_that_back() {
    let acting = Acting::new().await;
    with_instances(&acting).await;
    acting.run("delete from account_deletions").await;
    let first = remove(&acting, B, "BO@example.com").await;
    assert_eq!(first["data"]["job"]["kind"], "delete-account", "{first}");
    assert_eq!(
        acting.audited().await,
        "account.remove admin b1 asked by post"
    );
    assert_eq!(
        instances(&acting, B).await,
        "b-deleted: deleted; b-running: stopped, held; b-stopped: stopped"
    );
    for function in ["my_account", "return_context"] {
        let answer = acting.call(function, &[&caller(B)]).await;
        let expected = match function {
            "my_account" => "account_deleted",
            _ => "deletion_begun",
        };
        assert_eq!(refused(&answer), expected, "{function}");
    }
    // at once, and once
    let waiting =
        "select count(*) from prov.jobs where kind = 'delete-account' and run_at <= now()";
    assert_eq!(acting.value(waiting).await, "1");
    let again = remove(&acting, B, "bo@example.com").await;
    assert_eq!(again["data"]["job"]["id"], first["data"]["job"]["id"]);
    acting
        .run("update prov.jobs set state = 'running' where kind = 'delete-account'")
        .await;
    let meanwhile = remove(&acting, B, "bo@example.com").await;
    assert_eq!(meanwhile["data"]["job"]["state"], "running");
    let seen = acting.call("admin_account", &[&caller(A), &id(B)]).await;
    let deletion = &seen["data"]["deletion"];
    assert_eq!(deletion["instances_left"], 2, "{deletion}");
    assert_eq!(deletion["job"]["id"], first["data"]["job"]["id"]);
}

#[tokio::test]
async fn a_deletion_that_waits_for_its_day_waits_no_more() {
    let acting = Acting::new().await;
    acting
        .run("delete from prov.jobs; delete from account_deletions")
        .await;
    let nothing: &[String] = &[];
    acting
        .call("schedule_deletion", &[&caller(B), &nothing, &7])
        .await;
    remove(&acting, B, "bo@example.com").await;
    let due = "select count(*) from prov.jobs j, account_deletions d
        where j.kind = 'delete-account' and j.run_at <= now() and d.due_at <= now() and d.begun_at is not null";
    assert_eq!(acting.value(due).await, "1");
}

#[tokio::test]
async fn some_accounts_are_not_deleted_by_an_admin() {
    let acting = Acting::new().await;
    for (account, confirm, expected) in [
        (A, "ann@example.com", "account_is_admin"),
        (B, "ann@example.com", "address_differs"),
        (
            "00000000-0000-0000-0000-00000000dead",
            "x",
            "account_not_found",
        ),
    ] {
        let answer = remove(&acting, account, confirm).await;
        assert_eq!(refused(&answer), expected, "{account}");
    }
    let by_b = acting
        .call(
            "remove_account",
            &[&caller(B), &id(B), &"bo@example.com", &"x"],
        )
        .await;
    assert_eq!(refused(&by_b), "admin_only");
}

/// A token outlives its account by up to an hour.
#[tokio::test]
async fn who_was_deleted_for_good_does_not_begin_anew() {
    let acting = Acting::new().await;
    let gone = "00000000-0000-0000-0000-00000000dead";
    acting
        .run(&format!(
            "insert into audit_logs (account_id, actor_type, action, resource_type) values ('{gone}', 'daemon', 'account.erase', 'account')"
        ))
        .await;
    for function in ["my_account", "export_account", "return_context"] {
        let answer = acting.call(function, &[&caller(gone)]).await;
        assert_eq!(refused(&answer), "account_erased", "{function}");
        assert!(answer["rate"]["remaining"].is_number(), "{answer}");
    }
    let rows = format!("select count(*) from accounts where id = '{gone}'");
    assert_eq!(acting.value(&rows).await, "0");
}
