//! What is switched off refuses as Supabase does, and what there is no route for is not found.

use reqwest::Method;
use serde_json::json;

use crate::support::{Answer, Service, sign_up, text};

#[tokio::test]
async fn other_ways_to_sign_in() {
    let service = Service::start().await;
    for (path, status, code) in [
        (
            "/auth/v1/authorize?provider=google",
            400,
            "validation_failed",
        ),
        ("/auth/v1/authorize", 400, "validation_failed"),
        (
            "/auth/v1/callback?code=x&state=y",
            400,
            "bad_oauth_callback",
        ),
    ] {
        // Browsers are sent there: no key.
        let request = service
            .bare(Method::GET, path)
            .header("x-supabase-api-version", "2024-01-01");
        Answer::of(request).await.expect_error(status, code);
    }
    for (path, body, status, code) in [
        (
            "/auth/v1/token?grant_type=id_token",
            json!({ "id_token": "x", "provider": "google" }),
            400,
            "provider_disabled",
        ),
        (
            "/auth/v1/token?grant_type=web3",
            json!({ "chain": "solana" }),
            422,
            "web3_provider_disabled",
        ),
        (
            "/auth/v1/token?grant_type=password",
            json!({ "phone": "+49", "password": "x" }),
            400,
            "phone_provider_disabled",
        ),
        (
            "/auth/v1/otp",
            json!({ "phone": "+49" }),
            400,
            "phone_provider_disabled",
        ),
        (
            "/auth/v1/sso",
            json!({ "domain": "example.org" }),
            404,
            "saml_provider_disabled",
        ),
        (
            "/auth/v1/signup",
            json!({}),
            422,
            "anonymous_provider_disabled",
        ),
        ("/auth/v1/passkeys", json!({}), 404, "not_found"),
    ] {
        service.post(path, body).await.expect_error(status, code);
    }
}

#[tokio::test]
async fn second_factors_and_linked_identities() {
    let service = Service::start().await;
    let session = sign_up(&service, "ada@example.org").await;
    let token = text(&session, "/access_token");
    let id = "6f1c0f3e-38fd-4b3b-9f0c-0f8e25b1f9a1";
    for (method, path, status, code) in [
        (
            Method::GET,
            "/user/identities/authorize?provider=google".to_owned(),
            404,
            "manual_linking_disabled",
        ),
        (
            Method::DELETE,
            format!("/user/identities/{id}"),
            404,
            "manual_linking_disabled",
        ),
        (
            Method::POST,
            "/factors".to_owned(),
            422,
            "mfa_totp_enroll_not_enabled",
        ),
        (
            Method::POST,
            format!("/factors/{id}/challenge"),
            404,
            "mfa_factor_not_found",
        ),
        (
            Method::POST,
            format!("/factors/{id}/verify"),
            404,
            "mfa_factor_not_found",
        ),
        (
            Method::DELETE,
            format!("/factors/{id}"),
            404,
            "mfa_factor_not_found",
        ),
        (
            Method::DELETE,
            "/factors/%ff".to_owned(),
            404,
            "validation_failed",
        ),
    ] {
        let path = format!("/auth/v1{path}");
        let answer = service
            .call(method.clone(), &path, token, Some(json!({})))
            .await;
        answer.expect_error(status, code);
        let stranger = Answer::of(service.request(method, &path)).await;
        stranger.expect_error(401, "no_authorization");
    }
}

#[tokio::test]
async fn settings_and_discovery_tell_it() {
    let service = Service::start().await;
    let settings = Answer::of(service.request(Method::GET, "/auth/v1/settings"))
        .await
        .expect_ok();
    let external = settings["external"].as_object().expect("providers");
    let on: Vec<&String> = external
        .iter()
        .filter(|(_, is_on)| **is_on == json!(true))
        .map(|(name, _)| name)
        .collect();
    assert_eq!(on, ["email"]);
    assert_eq!(external["google"], false);
    assert_eq!(settings["saml_enabled"], false);
    let path = "/auth/v1/.well-known/openid-configuration";
    let discovery = Answer::of(service.bare(Method::GET, path))
        .await
        .expect_ok();
    let issuer = text(&discovery, "/issuer");
    assert_eq!(
        discovery["jwks_uri"],
        format!("{issuer}/.well-known/jwks.json")
    );
}
