//! The database goes away and comes back; the service stays.

use std::time::{Duration, Instant};

use reqwest::StatusCode;

use crate::support::{Cluster, PASSWORD, Service, sign_up, try_sign_in};

#[tokio::test]
async fn answers_503_while_the_database_is_away_and_recovers_by_itself() {
    let cluster = Cluster::start();
    let service = Service::start_on(cluster.database().await, &[]);
    sign_up(&service, "ada@example.org").await;

    cluster.stop();
    for _ in 0..2 {
        let away = try_sign_in(&service, "ada@example.org", PASSWORD).await;
        away.expect_error(503, "unexpected_failure");
        assert!(
            !away.body.to_string().contains("socket"),
            "no inner text: {}",
            away.body
        );
    }

    cluster.resume();
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let back = try_sign_in(&service, "ada@example.org", PASSWORD).await;
        if back.status == StatusCode::OK {
            break;
        }
        assert_eq!(
            back.status,
            StatusCode::SERVICE_UNAVAILABLE,
            "{}",
            back.body
        );
        assert!(Instant::now() < deadline, "still away: {}", back.body);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn starts_before_its_database_does() {
    let cluster = Cluster::start();
    let database = cluster.database().await;
    cluster.stop();
    let service = Service::start_on(database, &[]);
    let away = try_sign_in(&service, "ada@example.org", PASSWORD).await;
    away.expect_error(503, "unexpected_failure");
    cluster.resume();
    sign_up(&service, "ada@example.org").await;
}
