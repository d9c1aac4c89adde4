//! Throughput of one run: printed, not judged.

#![expect(clippy::unwrap_used, reason = "a test says what it found by panicking")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use platform_tests::{Account, Platform};

/// Clients at once, as `wrk -c16`.
const CLIENTS: usize = 16;
const LASTS: Duration = Duration::from_secs(4);

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn my_instances_per_second() {
    let platform = Platform::get();
    let account = Account::sign_up(&platform).await;
    // warms the instances' connections and token caches
    let warm_until = Instant::now() + Duration::from_secs(1);
    drive(&account, warm_until).await;
    let started = Instant::now();
    let done = drive(&account, started + LASTS).await;
    let seconds = started.elapsed().as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "a count of seconds' requests")]
    let rate = done as f64 / seconds;
    println!(
        "GET /my/instances: {rate:.0} req/s ({CLIENTS} clients, gateway, host, PostgreSQL and client on one machine)"
    );
}

async fn drive(account: &Account, until: Instant) -> u64 {
    let done = Arc::new(AtomicU64::new(0));
    let clients = (0..CLIENTS).map(|_| {
        let (account, done) = (account.clone(), Arc::clone(&done));
        tokio::spawn(async move {
            while Instant::now() < until {
                let answer = account.get("/my/instances").await;
                assert_eq!(answer.status, 200, "{}", answer.text);
                done.fetch_add(1, Ordering::Relaxed);
            }
        })
    });
    for client in clients.collect::<Vec<_>>() {
        client.await.unwrap();
    }
    done.load(Ordering::Relaxed)
}
