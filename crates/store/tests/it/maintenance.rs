//! Upkeep: what is forgotten, and what becomes of instances that nobody pays for.

use serde_json::{Value, json};

use crate::acting::{Acting, caller, refused};
use crate::support::{A, B, refusal};

const SUBSCRIPTION: &str = "00000000-0000-0000-0000-0000000000b2";

/// B pays for Pro and has an instance that runs and one that was stopped by hand; nothing is to do.
async fn acting() -> Acting {
    let acting = Acting::new().await;
    let digest = "cd".repeat(32);
    acting
        .run(&format!(
            "select api.seed_service_key('keeper', decode('{digest}', 'hex'), array['maintenance']);
             delete from prov.jobs; delete from instances; delete from account_deletions;
             update subscriptions set status = 'active', tier = 'pro' where id = '{SUBSCRIPTION}';
             insert into instances (account_id, subscription_id, subdomain, name, tier, desired_state, status, observed_gen)
             select '{B}', '{SUBSCRIPTION}', 'b-' || wish, 'B', 'pro', wish, wish, 1
             from unnest(array['running', 'stopped']) w (wish)"
        ))
        .await;
    acting
}

async fn see_to(acting: &Acting, item: &str) -> Value {
    let call = json!({"key_sha256": "cd".repeat(32), "scope": "maintenance", "operation": "POST /system/maintenance",
        "network": "192.0.2.0/24", "stranger_limit": 100, "address": "192.0.2.7", "request_id": "r3"});
    let days = json!({"audit": 90, "audit_rights": 2557, "webhooks": 90, "usage": 365, "pause": 7, "stop": 14, "remove": 44});
    let answer = acting.call("maintain", &[&call, &item, &days]).await;
    assert_eq!(refused(&answer), "", "{answer}");
    answer["data"].clone()
}

/// Lets so many days pass since the first failed charge.
async fn days_pass(acting: &Acting, days: u32) {
    acting
        .run(&format!(
            "update subscriptions set unpaid_since = unpaid_since - interval '{days} days' where unpaid_since is not null"
        ))
        .await;
}

async fn pays(acting: &Acting, status: &str) {
    acting
        .run(&format!(
            "update subscriptions set status = '{status}' where id = '{SUBSCRIPTION}'"
        ))
        .await;
}

/// Both instances: what is wished, whether the agents rest, and how many jobs wait.
async fn instances(acting: &Acting) -> String {
    acting
        .value(
            "select string_agg(subdomain || ':' || desired_state || case when ai_paused then ',paused' else '' end, ' '
               order by subdomain) || ' ' || (select count(*) from prov.jobs where kind = 'reconcile-instance')
             from instances",
        )
        .await
}

#[tokio::test]
async fn an_instance_that_nobody_pays_for_rests_then_stops_then_goes() {
    let acting = acting().await;
    pays(&acting, "past_due").await;
    days_pass(&acting, 6).await;
    assert_eq!(see_to(&acting, "dunning").await["paused"], 0);
    days_pass(&acting, 1).await;
    assert_eq!(see_to(&acting, "dunning").await["paused"], 2);
    assert_eq!(see_to(&acting, "dunning").await["paused"], 0, "once");
    assert_eq!(
        instances(&acting).await,
        "b-running:running,paused b-stopped:stopped,paused 2"
    );
    // Stripe gives up meanwhile, which begins nothing anew
    pays(&acting, "cancelled").await;
    days_pass(&acting, 7).await;
    assert_eq!(see_to(&acting, "dunning").await["stopped"], 2);
    assert_eq!(
        instances(&acting).await,
        "b-running:stopped,paused b-stopped:stopped,paused 2"
    );
    assert_eq!(acting.audited().await, "instance.unpaid_stop system b1");
    days_pass(&acting, 29).await;
    assert_eq!(see_to(&acting, "dunning").await["removed"], 0);
    days_pass(&acting, 1).await;
    assert_eq!(see_to(&acting, "dunning").await["removed"], 2);
    assert_eq!(
        instances(&acting).await,
        "b-running:deleted b-stopped:deleted 2"
    );
}

/// What B is told of the days to come, as days from now.
async fn told_days(acting: &Acting) -> Value {
    let days = json!({"pause": 7, "stop": 14, "remove": 44});
    let answer = acting.call("my_subscription", &[&caller(B), &days]).await;
    let dunning = &answer["data"]["dunning"];
    if dunning.is_null() {
        return Value::Null;
    }
    let from_now = format!(
        "select (jsonb_object_agg(key, round(extract(epoch from value::timestamptz - now()) / 86400)))::text
         from jsonb_each_text('{dunning}') where value is not null"
    );
    serde_json::from_str(&acting.value(&from_now).await).unwrap()
}

#[tokio::test]
async fn whoever_does_not_pay_is_told_the_days() {
    let acting = acting().await;
    assert_eq!(told_days(&acting).await, Value::Null);
    pays(&acting, "past_due").await;
    days_pass(&acting, 2).await;
    assert_eq!(
        told_days(&acting).await,
        json!({"since": -2, "pause_at": 5, "stop_at": 12, "remove_at": 42})
    );
    // the subscription ends, and the free one counts: the instance is still there
    pays(&acting, "cancelled").await;
    assert_eq!(told_days(&acting).await["remove_at"], 42);
    acting
        .run("update instances set desired_state = 'deleted'")
        .await;
    assert_eq!(told_days(&acting).await, Value::Null);
    // what ended as it should is stopped at once
    acting
        .run("update instances set desired_state = 'running'")
        .await;
    pays(&acting, "active").await;
    pays(&acting, "cancelled").await;
    assert_eq!(
        told_days(&acting).await,
        json!({"since": 0, "stop_at": 0, "remove_at": 30})
    );
}

#[tokio::test]
async fn what_is_paid_again_is_as_it_was() {
    let acting = acting().await;
    pays(&acting, "past_due").await;
    days_pass(&acting, 20).await;
    assert_eq!(see_to(&acting, "dunning").await["stopped"], 2);
    pays(&acting, "active").await;
    assert_eq!(
        instances(&acting).await,
        "b-running:running b-stopped:stopped 2"
    );
    assert_eq!(see_to(&acting, "dunning").await["resumed"], 0, "it is done");
    // and a failure later counts anew
    pays(&acting, "past_due").await;
    assert_eq!(see_to(&acting, "dunning").await["stopped"], 0);
}

#[tokio::test]
async fn a_new_subscription_takes_the_instance_over() {
    let acting = acting().await;
    acting
        .run("delete from instances where subdomain = 'b-stopped'")
        .await;
    pays(&acting, "past_due").await;
    days_pass(&acting, 20).await;
    see_to(&acting, "dunning").await;
    pays(&acting, "cancelled").await;
    acting
        .run(&format!(
            "insert into subscriptions (account_id, tier, billing_cycle, status, stripe_subscription_id, max_agents,
               max_messages_per_day, max_storage_gb)
             values ('{B}', 'hobby', 'monthly', 'active', 'sub_anew', 1, 1, 1)"
        ))
        .await;
    assert_eq!(instances(&acting).await, "b-running:running 1");
    let by = "select i.tier || ' ' || s.stripe_subscription_id from instances i join subscriptions s on s.id = i.subscription_id";
    assert_eq!(acting.value(by).await, "hobby sub_anew");
}

#[tokio::test]
async fn what_ended_as_it_should_stops_at_once_and_what_we_do_not_know_goes_on() {
    let acting = acting().await;
    pays(&acting, "unknown").await;
    assert_eq!(see_to(&acting, "dunning").await["stopped"], 0);
    pays(&acting, "cancelled").await;
    assert_eq!(see_to(&acting, "dunning").await["stopped"], 2);
    days_pass(&acting, 30).await;
    assert_eq!(see_to(&acting, "dunning").await["removed"], 2);
}

#[tokio::test]
async fn what_an_admin_wishes_after_a_step_stays() {
    let acting = acting().await;
    pays(&acting, "past_due").await;
    days_pass(&acting, 15).await;
    see_to(&acting, "dunning").await;
    acting
        .run("update instances set desired_state = 'running' where subdomain = 'b-stopped'")
        .await;
    assert_eq!(see_to(&acting, "dunning").await["stopped"], 0);
    assert!(instances(&acting).await.contains("b-stopped:running"));
}

#[tokio::test]
async fn what_was_kept_long_enough_is_forgotten_but_rights_and_ends() {
    let acting = acting().await;
    let left = "select string_agg(action, ' ' order by action) from audit_logs where resource_type = 'kept'";
    // its entries are refused to whoever asks for it otherwise
    acting
        .run(&format!(
            "insert into audit_logs (account_id, actor_type, action, resource_type, created_at)
             select '{A}', 'admin', action, 'kept', now() - age
             from (values ('a.old', interval '91 days'), ('b.new', '89 days'), ('admin.grant', '91 days'),
               ('account.erase', '3000 days')) e (action, age);
             insert into webhook_events (id, type, object_type, livemode, payload, created_at, received_at)
             values ('evt_old', 'x', 'x', false, '{{}}', now(), now() - interval '91 days')"
        ))
        .await;
    let forgotten = see_to(&acting, "retention").await["forgotten"]
        .as_i64()
        .unwrap();
    assert!(forgotten >= 3, "{forgotten}");
    assert_eq!(acting.value(left).await, "admin.grant b.new");
    let event = "select count(*) from webhook_events where id = 'evt_old'";
    assert_eq!(acting.value(event).await, "0");
    let by_hand = refusal(
        &acting.functions,
        "select set_config('app.forgets', 'on', false); delete from audit_logs",
    )
    .await;
    assert_eq!(by_hand, "42501");
}

#[tokio::test]
async fn what_is_overdue_gets_what_it_waits_for() {
    let acting = acting().await;
    acting
        .run(&format!(
            "update subscriptions set status = 'trialing', trial_ends_at = now() - interval '2 hours' where id = '{SUBSCRIPTION}';
             insert into account_deletions (account_id, due_at) values ('{B}', now() - interval '1 hour');
             insert into service_keys (name, sha256, scopes, expires_at) values
               ('over', sha256('over'), '{{health}}', now() - interval '1 hour'),
               ('soon', sha256('soon'), '{{health}}', now() + interval '3 days')"
        ))
        .await;
    assert_eq!(see_to(&acting, "expired_trials").await["expired_trials"], 1);
    assert_eq!(
        see_to(&acting, "account_deletions").await["account_deletions"],
        1
    );
    assert_eq!(
        see_to(&acting, "account_deletions").await["account_deletions"],
        0,
        "it has its job"
    );
    let jobs = "select string_agg(kind, ' ' order by kind) from prov.jobs";
    assert_eq!(acting.value(jobs).await, "delete-account stripe-catch-up");
    let keys = see_to(&acting, "key_expiry").await;
    assert_eq!(keys, json!({"expired": 1, "expiring": 1}));
    assert_eq!(see_to(&acting, "key_expiry").await["expired"], 0);
}
