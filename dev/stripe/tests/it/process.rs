//! The program: what it refuses to start with, how it ends, and what it keeps.

use std::process::Stdio;
use std::time::Duration;

use stripe::SubscriptionStatus;
use tokio::net::TcpListener;

use crate::support::Database;
use crate::support::Endpoint;
use crate::support::SUCCESSFUL_CARD;
use crate::support::StandIn;
use crate::support::command;
use crate::support::eventually;

const NOWHERE: &str = "http://127.0.0.1:9/webhooks/stripe";

#[tokio::test]
async fn it_listens_on_loopback_only() {
    let database = Database::new().await;
    for listen in ["0.0.0.0:0", "[::]:0", "192.0.2.1:80"] {
        let output = command(&database, listen, NOWHERE).output().await.unwrap();
        assert!(!output.status.success(), "{listen}");
    }
}

#[tokio::test]
async fn blank_and_real_secrets_stop_the_start() {
    let database = Database::new().await;
    let wrong = [
        ("STRIPE_WEBHOOK_SECRET", ""),
        ("STRIPE_WEBHOOK_SECRET", "whsec_"),
        ("STRIPE_SECRET_KEY", " "),
        ("STRIPE_SECRET_KEY", "sk_live_real"),
    ];
    for (name, value) in wrong {
        let mut command = command(&database, "127.0.0.1:0", NOWHERE);
        let output = command
            .env(name, value)
            .stderr(Stdio::piped())
            .output()
            .await
            .unwrap();
        assert!(!output.status.success(), "{name}={value:?}");
    }
}

#[tokio::test]
async fn a_killed_program_loses_nothing() {
    let database = Database::new().await;
    let mut first = StandIn::start(&database, NOWHERE).await;
    let id = first.subscribe(Some(3), SUCCESSFUL_CARD).await;
    let open = first.order(None).await;
    first.process.kill().await.unwrap();

    // Its deliveries found nobody; the next one delivers them.
    let endpoint = Endpoint::start(|_, _| 200).await;
    let second = StandIn::start(&database, &endpoint.url).await;
    let subscription = second.client.retrieve_subscription(&id).await.unwrap();
    assert_eq!(subscription.status, SubscriptionStatus::Trialing);
    assert_eq!(
        second.pay(&open.session, SUCCESSFUL_CARD).await.status(),
        303
    );
    eventually(async || {
        let completed = endpoint.of_kind("checkout.session.completed");
        (completed.len() == 2).then_some(())
    })
    .await;
}

#[tokio::test]
async fn it_ends_at_once_though_a_delivery_hangs() {
    let database = Database::new().await;
    // Connections are taken by the system, and nobody ever answers.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let webhook_url = format!("http://{}/", silent.local_addr().unwrap());
    let mut stand_in = StandIn::start(&database, &webhook_url).await;
    stand_in.subscribe(None, SUCCESSFUL_CARD).await; // leaves an open connection behind, too
    let (_delivery, _) = silent.accept().await.unwrap();
    let pid = stand_in.process.id().expect("a process").to_string();
    let sent = tokio::process::Command::new("kill")
        .args(["-TERM", &pid])
        .status()
        .await;
    assert!(sent.unwrap().success());
    // Sooner than the ten seconds that the delivery would be waited for.
    let ended = tokio::time::timeout(Duration::from_secs(8), stand_in.process.wait()).await;
    assert!(ended.expect("it ends in time").unwrap().success());
}

#[tokio::test]
async fn a_lost_connection_to_the_database_heals() {
    let database = Database::new().await;
    let stand_in = StandIn::start(&database, NOWHERE).await;
    stand_in.get("/v1/customers").await;
    let end = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()";
    database.connect().await.execute(end, &[]).await.unwrap();
    let answer = stand_in.call("GET", "/v1/customers").send().await.unwrap();
    assert_eq!(answer.status(), 200);
}
