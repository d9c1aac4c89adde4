//! Many callers of every function at once: nobody has more connections than `docs/database.md` gives.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use platform_tests::{Account, Platform};
use reqwest::{Method, RequestBuilder};
use tokio_postgres::Client;
use uuid::Uuid;

use crate::world::World;

const DOCUMENT: &str = include_str!("../../docs/database.md");
/// Callers at once.
const CALLERS: usize = 128;
const LASTS: Duration = Duration::from_secs(20);

type Backends = BTreeMap<String, i64>;

/// The table "Connections" of the document: role and most connections.
fn budget() -> Backends {
    let (_, table) = DOCUMENT.split_once("## Connections").unwrap();
    let rows = table.lines().filter_map(|line| {
        let mut cells = line.split('|').map(str::trim).skip(1);
        let role = cells.next()?.strip_prefix('`')?.strip_suffix('`')?;
        Some((role.to_owned(), cells.next()?.parse().ok()?))
    });
    rows.collect()
}

async fn backends(database: &Client) -> Backends {
    let rows = database
        .query(
            "select case when usename like 'instance\\_%' then 'instance_…' else usename::text end, count(*)
             from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid() group by 1",
            &[],
        )
        .await
        .unwrap();
    rows.iter().map(|row| (row.get(0), row.get(1))).collect()
}

/// The requests of one caller, in turn: every function that needs the database, reads and writes.
fn request(world: &World, admin: &str, token: &str, turn: usize) -> RequestBuilder {
    let platform = &world.platform;
    let get = |path: &str| platform.api(Method::GET, path);
    match turn % 9 {
        0 => get("/my/account").bearer_auth(token),
        1 => get("/my/instances").bearer_auth(token),
        2 => get("/my/subscription").bearer_auth(token),
        3 => platform
            .api(Method::POST, "/my/account/setup")
            .bearer_auth(token),
        4 => get("/admin/accounts").bearer_auth(admin),
        5 => get("/admin/instances").bearer_auth(admin),
        6 => get("/health"),
        7 => platform
            .api(Method::POST, "/system/health-checks")
            .bearer_auth(&platform.system_keys.health),
        _ => platform
            .api(Method::POST, "/stripe/portal")
            .bearer_auth(token),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_has_more_connections_than_the_budget_gives() {
    let world = Arc::new(World::get().await);
    let admin = Arc::new(Account::admin(&world.platform).await.token);
    let over = Arc::new(AtomicBool::new(false));
    let callers = (0..CALLERS).map(|caller| {
        let (world, admin, over) = (Arc::clone(&world), Arc::clone(&admin), Arc::clone(&over));
        tokio::spawn(async move {
            let token = world.token(Uuid::new_v4());
            let mut turn = caller;
            while !over.load(Ordering::Relaxed) {
                let answer = world
                    .platform
                    .send(request(&world, &admin, &token, turn))
                    .await;
                // 404: no subscription yet; 409: no customer yet
                assert!(
                    [200, 404, 409].contains(&answer.status),
                    "{turn}: {} {}",
                    answer.status,
                    answer.text
                );
                turn += 1;
            }
            turn - caller
        })
    });
    let callers: Vec<_> = callers.collect();

    let most = watched(&world.platform).await;
    over.store(true, Ordering::Relaxed);
    let mut requests = 0;
    for caller in callers {
        requests += caller.await.unwrap();
    }
    println!("{requests} requests; most connections at once: {most:?}");
    let budget = budget();
    for (role, backends) in most {
        let given = budget.get(&role);
        assert!(
            given.is_some_and(|given| backends <= *given),
            "{role}: {backends}, budget {given:?}"
        );
    }
}

/// The most connections that each role had at once.
async fn watched(platform: &Platform) -> Backends {
    let database = platform.database().await;
    let started = Instant::now();
    let mut most = Backends::new();
    let mut tick = tokio::time::interval(Duration::from_millis(20));
    while started.elapsed() < LASTS {
        tick.tick().await;
        for (role, now) in backends(&database).await {
            let known = most.entry(role).or_default();
            *known = now.max(*known);
        }
    }
    most
}
