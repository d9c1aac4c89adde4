//! PostgreSQL is stopped, restarted, filled up and out of connections under load: clients are told to come back,
//! nothing that was accepted is lost, nothing is half done, and all goes on by itself.

use std::sync::Arc;
use std::time::{Duration, Instant};

use platform_tests::{Account, until};
use test_postgres::{Filler, Server, Stop};
use tokio_postgres::{Client, NoTls};

use crate::load::{KINDS, Kind, Load, judged, redelivered};
use crate::world::{World, count};

/// How soon after PostgreSQL is back all serve again.
const RECOVERS_WITHIN: Duration = Duration::from_secs(30);
/// How soon a fault is felt.
const FELT_WITHIN: Duration = Duration::from_secs(120);
/// What needs a row of its own; reads may go on where there is no room.
const WRITES: [Kind; 2] = [Kind::Setup, Kind::Webhook];

/// A load before, during and after a fault; `fault` ends when PostgreSQL is whole again.
async fn survives(world: &Arc<World>, what: &str, fault: impl AsyncFnOnce(&Load)) {
    println!("{what}");
    let load = Load::start(world);
    load.serves(&KINDS, FELT_WITHIN).await;
    fault(&load).await;
    let whole = Instant::now();
    load.serves(&KINDS, RECOVERS_WITHIN).await;
    println!("  all served again {:.2?} after", whole.elapsed());
    let seen = load.stop().await;
    judged(&seen, Kind::Read);
    let (accounts, _) = judged(&seen, Kind::Setup);
    let (events, refused) = judged(&seen, Kind::Webhook);
    assert!(
        refused > 0 || what.contains("restart"),
        "{what} was not felt"
    );
    nothing_lost(world, &accounts, &events).await;
    let events = redelivered(world, &seen).await;
    nothing_lost(world, &[], &events).await;
}

/// Every accepted write is there.
async fn nothing_lost(world: &World, accounts: &[String], events: &[String]) {
    let database = world.platform.database().await;
    let lost = database
        .query_one(
            "select
               (select count(*) from unnest($1::text[]) accepted (account) where not exists (
                  select from subscriptions s where s.account_id = accepted.account::uuid and s.tier = 'free')),
               (select count(*) from unnest($2::text[]) accepted (event) where not exists (
                  select from webhook_events e where e.id = accepted.event))",
            &[&accounts, &events],
        )
        .await
        .unwrap();
    assert_eq!(
        (lost.get::<_, i64>(0), lost.get::<_, i64>(1)),
        (0, 0),
        "accounts, events"
    );
}

/// Asks for an instance until that is accepted, as a customer who presses the button again.
async fn provisioned(account: &Account) -> serde_json::Value {
    let patience = Duration::from_secs(60);
    until("an instance to be accepted", patience, async || {
        let answer = account.post("/my/instances/provision").await;
        assert!([202, 503].contains(&answer.status), "{}", answer.text);
        (answer.status == 202).then(|| answer.json()["instance"].clone())
    })
    .await
}

async fn customer(world: &World) -> Account {
    let account = Account::sign_up(&world.platform).await;
    account.pay("hobby").await;
    account.subscribed("hobby").await;
    account
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_postgresql_that_stops_and_comes_back() {
    let world = Arc::new(World::get().await);
    let account = customer(&world).await;
    let instance = account.provision().await;
    for how in [Stop::Fast, Stop::Immediate] {
        // The instance is in the middle of its making.
        survives(&world, &format!("stopped: {how:?}"), async |load| {
            world.server.stop(how);
            load.refuses(&KINDS, FELT_WITHIN).await;
            world.server.resume();
        })
        .await;
    }
    survives(&world, "a quick restart", async |_| {
        world.server.stop(Stop::Immediate);
        world.server.resume();
    })
    .await;
    account.recovers(&instance).await;
    world.settles().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wish_made_while_postgresql_is_down() {
    let world = Arc::new(World::get().await);
    let account = customer(&world).await;
    let (asked, ()) = tokio::join!(
        provisioned(&account),
        survives(
            &world,
            "stopped while an instance is asked for",
            async |load| {
                world.server.stop(Stop::Fast);
                load.refuses(&KINDS, FELT_WITHIN).await;
                world.server.resume();
            }
        )
    );
    account.recovers(&asked).await;
    world.settles().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_is_full() {
    let world = Arc::new(World::get().await);
    let account = customer(&world).await;
    let instance = account.provision().await;
    survives(&world, "disk full, then emptied", async |load| {
        let full = Filler::fill(&world.server);
        load.refuses(&WRITES, FELT_WITHIN).await;
        drop(full);
        revived(&world.server);
    })
    .await;
    survives(&world, "disk full to the last log segment", async |load| {
        let owner = world.platform.database().await;
        let full = Filler::fill(&world.server);
        // Without room for its log PostgreSQL ends itself.
        while owner.execute("select pg_switch_wal()", &[]).await.is_ok() {}
        load.refuses(&WRITES, FELT_WITHIN).await;
        drop(full);
        revived(&world.server);
    })
    .await;
    account.recovers(&instance).await;
    world.settles().await;
}

/// What starts a PostgreSQL that ended by itself: systemd, Kubernetes, `up`.
fn revived(server: &Server) {
    if !server.is_running() {
        server.resume();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_without_a_free_connection() {
    let world = Arc::new(World::get().await);
    let owner = world.platform.database().await;
    let account = customer(&world).await;
    let instance = account.provision().await;
    survives(&world, "connections exhausted", async |load| {
        let taken = all_connections(&world, &owner).await;
        load.refuses(&KINDS, FELT_WITHIN).await;
        drop(taken);
        let gone = "pg_stat_activity where usename = 'hog'";
        until(
            "the connections to be given back",
            FELT_WITHIN,
            async || (count(&owner, gone).await == 0).then_some(()),
        )
        .await;
    })
    .await;
    account.recovers(&instance).await;
    world.settles().await;
}

/// Takes every connection that is free, or becomes so when everybody else's are cut.
async fn all_connections(world: &World, owner: &Client) -> Vec<Client> {
    owner
        .batch_execute("drop role if exists hog; create role hog login")
        .await
        .unwrap();
    let url = world.server.named("postgres").url("hog");
    owner
        .batch_execute("grant connect on database postgres to hog")
        .await
        .unwrap();
    let cut = "select pg_terminate_backend(pid) from pg_stat_activity
        where backend_type = 'client backend' and usename <> 'hog' and pid <> pg_backend_pid()";
    let mut taken = Vec::new();
    let deadline = Instant::now() + FELT_WITHIN;
    loop {
        assert!(Instant::now() < deadline, "others keep their connections");
        match tokio_postgres::connect(&url, NoTls).await {
            Ok((client, connection)) => {
                tokio::spawn(connection);
                taken.push(client);
            }
            Err(_)
                if count(owner, "pg_stat_activity where usename like 'mindroom%'").await == 0 =>
            {
                return taken;
            }
            Err(_) => {
                owner.query(cut, &[]).await.unwrap();
            }
        }
    }
}
