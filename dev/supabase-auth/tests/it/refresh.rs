//! Rotation of refresh tokens. Time is moved in the database, not waited for.

use std::collections::HashSet;

use reqwest::{Method, StatusCode};

use crate::support::{Service, refresh, sign_up, text};

/// Lets the reuse interval of every token pass.
async fn pass_reuse_interval(service: &Service) {
    service
        .database
        .execute("update auth.refresh_tokens set updated_at = updated_at - interval '11 seconds'")
        .await;
}

async fn exchange(service: &Service, token: &str) -> String {
    let session = refresh(service, token).await.expect_ok();
    text(&session, "/refresh_token").to_owned()
}

#[tokio::test]
async fn each_refresh_gives_a_new_token_of_the_same_session() {
    let service = Service::start().await;
    let first = sign_up(&service, "ada@example.org").await;
    let second = refresh(&service, text(&first, "/refresh_token"))
        .await
        .expect_ok();
    assert_ne!(first["refresh_token"], second["refresh_token"]);
    assert_eq!(second["user"]["email"], "ada@example.org");
    let session = |value| crate::tokens::claims(text(value, "/access_token"))["session_id"].clone();
    assert_eq!(session(&first), session(&second));
    exchange(&service, text(&second, "/refresh_token")).await;
}

#[tokio::test]
async fn the_parent_of_the_active_token_gives_the_active_one_at_any_time() {
    let service = Service::start().await;
    let first = text(
        &sign_up(&service, "ada@example.org").await,
        "/refresh_token",
    )
    .to_owned();
    let second = exchange(&service, &first).await;
    pass_reuse_interval(&service).await;
    assert_eq!(
        exchange(&service, &first).await,
        second,
        "an answer may have been lost"
    );
    assert_eq!(exchange(&service, &first).await, second);
    exchange(&service, &second).await;
}

#[tokio::test]
async fn an_older_token_is_good_within_the_reuse_interval_only() {
    let service = Service::start().await;
    let first = text(
        &sign_up(&service, "ada@example.org").await,
        "/refresh_token",
    )
    .to_owned();
    let second = exchange(&service, &first).await;
    let third = exchange(&service, &second).await;
    assert_eq!(exchange(&service, &first).await, third);

    pass_reuse_interval(&service).await;
    refresh(&service, &first)
        .await
        .expect_error(400, "refresh_token_already_used");
    // The family is revoked: neither its active token nor that one's parent is good any more.
    for token in [&third, &second, &first] {
        refresh(&service, token)
            .await
            .expect_error(400, "refresh_token_already_used");
    }
}

#[tokio::test]
async fn a_replay_leaves_other_sessions_alone() {
    let service = Service::start().await;
    let first = text(
        &sign_up(&service, "ada@example.org").await,
        "/refresh_token",
    )
    .to_owned();
    let other = crate::support::sign_in(&service, "ada@example.org").await;
    let second = exchange(&service, &first).await;
    exchange(&service, &second).await;
    pass_reuse_interval(&service).await;
    refresh(&service, &first)
        .await
        .expect_error(400, "refresh_token_already_used");
    exchange(&service, text(&other, "/refresh_token")).await;
}

#[tokio::test]
async fn parallel_refreshes_with_one_token_all_get_the_same_next_one() {
    let service = Service::start().await;
    let first = text(
        &sign_up(&service, "ada@example.org").await,
        "/refresh_token",
    )
    .to_owned();
    let exchanges = (0..6).map(|_| exchange(&service, &first));
    let next: HashSet<_> = futures::future::join_all(exchanges)
        .await
        .into_iter()
        .collect();
    assert_eq!(next.len(), 1, "{next:?}");
    assert!(!next.contains(&first));
}

#[tokio::test]
async fn refuses_tokens_that_are_unknown_malformed_or_ended() {
    let service = Service::start().await;
    let session = sign_up(&service, "ada@example.org").await;
    let token = text(&session, "/refresh_token");
    refresh(&service, "aaaaaaaaaaaa")
        .await
        .expect_error(400, "refresh_token_not_found");
    for malformed in [
        "",
        "short",
        "AAAAAAAAAAAA",
        "aaaaaaaaaaa\u{0}",
        &"a".repeat(500_000),
    ] {
        refresh(&service, malformed)
            .await
            .expect_error(400, "validation_failed");
    }
    service
        .database
        .execute("update auth.sessions set not_after = now() - interval '1 second'")
        .await;
    refresh(&service, token)
        .await
        .expect_error(400, "session_expired");

    service
        .database
        .execute("update auth.sessions set not_after = null")
        .await;
    let access_token = text(&session, "/access_token");
    let out = service
        .call(Method::POST, "/auth/v1/logout", access_token, None)
        .await;
    assert_eq!(out.status, StatusCode::NO_CONTENT);
    refresh(&service, token)
        .await
        .expect_error(400, "refresh_token_not_found");
}

#[tokio::test]
async fn a_session_ends_after_its_time_or_when_it_is_not_used() {
    let flags = ["--session-timebox", "3600", "--session-inactivity", "600"];
    let service = Service::start_with(&flags).await;
    let first = sign_up(&service, "ada@example.org").await;
    let second = exchange(&service, text(&first, "/refresh_token")).await;
    let earlier = async |column: &str, interval: &str| {
        let statement =
            format!("update auth.sessions set {column} = {column} - interval '{interval}'");
        service.database.execute(&statement).await;
    };
    earlier("refreshed_at", "601 seconds").await;
    let idle = refresh(&service, &second).await;
    idle.expect_error(400, "session_expired");
    assert!(
        idle.body["message"]
            .as_str()
            .expect("text")
            .ends_with("(Inactivity)")
    );
    earlier("refreshed_at", "-601 seconds").await;
    let third = exchange(&service, &second).await;

    earlier("created_at", "3601 seconds").await;
    let over = refresh(&service, &third).await;
    over.expect_error(400, "session_expired");
    assert!(
        over.body["message"]
            .as_str()
            .expect("text")
            .ends_with("Session Expired")
    );
}

#[tokio::test]
async fn the_reuse_interval_is_the_operators() {
    let service = Service::start_with(&["--reuse-interval", "0"]).await;
    let first = text(
        &sign_up(&service, "ada@example.org").await,
        "/refresh_token",
    )
    .to_owned();
    let second = exchange(&service, &first).await;
    exchange(&service, &second).await;
    refresh(&service, &first)
        .await
        .expect_error(400, "refresh_token_already_used");
}
