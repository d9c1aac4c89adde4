//! What an orchestrator asks of the daemon, by HTTP.

use std::time::Duration;

use metrics_exporter_prometheus::PrometheusBuilder;
use provisioner_daemon::probes;
use provisioner_daemon::runner::Settings;

use crate::made_up::{MadeUp, quick, start, wait_until};
use crate::world::World;

struct Probed {
    url: String,
}

impl Probed {
    async fn ask(&self, path: &str) -> (u16, String) {
        // None but the first caller's counts; all take the same.
        drop(rustls::crypto::ring::default_provider().install_default());
        let answer = reqwest::get(format!("{}{path}", self.url)).await.unwrap();
        let status = answer.status().as_u16();
        (status, answer.text().await.unwrap())
    }
}

/// Restarting a daemon does not bring a database back, so it stays alive while it is not ready.
#[tokio::test]
async fn without_a_database_that_takes_writes_it_is_alive_and_not_ready() {
    let world = World::new().await;
    let settings = Settings {
        database_fresh: Duration::from_secs(1),
        ..quick()
    };
    let runner = start(&world, MadeUp::done(), settings);
    let pulse = runner.pulse();
    let recorder = PrometheusBuilder::new().build_recorder();
    let app = probes::router(runner.pulse(), recorder.handle());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(axum::serve(listener, app).into_future());
    let daemon = Probed { url };

    wait_until(|| pulse.not_ready().is_none()).await;
    let alive = (200, "ok\n".to_owned());
    let ready = (200, "ready\n".to_owned());
    assert_eq!(daemon.ask("/healthz").await, alive);
    assert_eq!(daemon.ask("/readyz").await, ready);

    world
        .make_read_only(true, || pulse.not_ready().is_some())
        .await;
    let (status, why) = daemon.ask("/readyz").await;
    assert_eq!(status, 503);
    assert!(!why.trim().is_empty(), "it says why");
    assert_eq!(daemon.ask("/healthz").await, alive);

    world
        .make_read_only(false, || pulse.not_ready().is_none())
        .await;
    assert_eq!(daemon.ask("/readyz").await, ready);
    runner.drain().await;
    assert_eq!(daemon.ask("/readyz").await, (503, "draining\n".to_owned()));
}
