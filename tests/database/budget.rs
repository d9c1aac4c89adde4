//! Many callers of every function at once: nobody has more connections than `docs/database.md` gives.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use platform_tests::{Account, Platform};
use reqwest::{Method, RequestBuilder};
use serde_json::Value;
use tokio_postgres::Client;
use uuid::Uuid;

use crate::load::webhook;
use crate::world::World;

const DOCUMENT: &str = include_str!("../../docs/database.md");
const API: &str = include_str!("../../openapi.json");
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

/// Every operation of the document, so that a new function is counted without being listed.
fn operations() -> Vec<(Method, String)> {
    let document: Value = serde_json::from_str(API).unwrap();
    let paths = document["paths"].as_object().unwrap().iter();
    let of_path = |(path, methods): (&String, &Value)| {
        // nobody's: a job that an administrator takes back would leave its event to nobody
        let path = path.replace("{id}", &i32::MAX.to_string());
        let methods = methods.as_object().unwrap().keys();
        let named = methods.map(|name| Method::from_bytes(name.to_uppercase().as_bytes()).unwrap());
        named
            .map(|method| (method, path.clone()))
            .collect::<Vec<_>>()
    };
    paths.flat_map(of_path).collect()
}

/// A request that its function takes to the database, whatever comes of it there.
fn request(
    world: &World,
    (method, path): &(Method, String),
    admin: &str,
    token: &str,
) -> RequestBuilder {
    let asked = world.platform.api(method.clone(), path);
    match path.split('/').nth(1) {
        Some("webhooks") => webhook(world, &format!("evt_{}", Uuid::new_v4().simple())),
        Some("admin") => asked.bearer_auth(admin),
        Some("system") => asked.bearer_auth(&world.platform.system_keys.health),
        _ => asked.bearer_auth(token),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_has_more_connections_than_the_budget_gives() {
    let world = Arc::new(World::get().await);
    let admin = Arc::new(Account::admin(&world.platform).await.token);
    let over = Arc::new(AtomicBool::new(false));
    let operations = Arc::new(operations());
    let callers = (0..CALLERS).map(|caller| {
        let (world, admin, over) = (Arc::clone(&world), Arc::clone(&admin), Arc::clone(&over));
        let operations = Arc::clone(&operations);
        tokio::spawn(async move {
            let token = world.token(Uuid::new_v4());
            let mut turn = caller;
            while !over.load(Ordering::Relaxed) {
                let operation = &operations[turn % operations.len()];
                let request = request(&world, operation, &admin, &token);
                let answer = world.platform.send(request).await;
                assert!(
                    answer.status < 500,
                    "{operation:?}: {} {}",
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
