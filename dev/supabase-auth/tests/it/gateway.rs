//! What stands before every route: the API key, CORS, limits.

use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::support::{Answer, PUBLISHABLE, SECRET, SITE, Service};

#[tokio::test]
async fn every_call_but_links_and_keys_names_its_project() {
    let service = Service::start().await;
    for (method, path) in [
        (Method::GET, "/auth/v1/health"),
        (Method::GET, "/auth/v1/settings"),
        (Method::POST, "/auth/v1/signup"),
        (Method::POST, "/auth/v1/token?grant_type=password"),
        (Method::GET, "/auth/v1/user"),
        (Method::POST, "/auth/v1/verify"),
        (Method::GET, "/auth/v1/admin/users"),
        (Method::GET, "/__outbox?email=a@b.c"),
    ] {
        let without = Answer::of(service.bare(method.clone(), path)).await;
        assert_eq!(without.status, StatusCode::UNAUTHORIZED, "{path}");
        assert_eq!(without.body["message"], "No API key found in request");
        for wrong in ["", "wrong", "sb_secret_tes", "sb_secret_testx"] {
            let wrong = service.bare(method.clone(), path).header("apikey", wrong);
            let answer = Answer::of(wrong).await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{path}");
            assert_eq!(answer.body["message"], "Invalid API key");
        }
    }
    let by_query = format!("/auth/v1/settings?apikey={PUBLISHABLE}");
    let settings = Answer::of(service.bare(Method::GET, &by_query))
        .await
        .expect_ok();
    assert_eq!(settings["external"]["email"], true);
    assert_eq!(settings["mailer_autoconfirm"], true);
    assert_eq!(settings["disable_signup"], false);
    let health = Answer::of(service.request(Method::GET, "/auth/v1/health"))
        .await
        .expect_ok();
    assert_eq!(health["name"], "dev-supabase-auth");
}

#[tokio::test]
async fn the_secret_key_is_refused_from_a_browser() {
    let service = Service::start().await;
    let send = async |key: &str| {
        let request = service
            .bare(Method::GET, "/auth/v1/settings")
            .header("apikey", key);
        Answer::of(request.header("user-agent", "Mozilla/5.0 (X11; Linux)"))
            .await
            .status
    };
    assert_eq!(send(SECRET).await, StatusCode::UNAUTHORIZED);
    assert_eq!(send(PUBLISHABLE).await, StatusCode::OK);
}

#[tokio::test]
async fn pages_of_the_site_and_of_this_machine_may_call() {
    let service = Service::start().await;
    let preflight = async |origin: &str| {
        let request = service
            .bare(Method::OPTIONS, "/auth/v1/token?grant_type=password")
            .header("origin", origin)
            .header("access-control-request-method", "POST")
            .header(
                "access-control-request-headers",
                "apikey,authorization,content-type,x-client-info,x-supabase-api-version",
            );
        Answer::of(request).await
    };
    for origin in [SITE, "http://localhost:3000", "http://127.0.0.1:5173"] {
        let answer = preflight(origin).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert_eq!(answer.header("access-control-allow-origin"), Some(origin));
        let methods = answer
            .header("access-control-allow-methods")
            .expect("methods");
        assert!(
            methods.contains("POST") && methods.contains("PUT"),
            "{methods}"
        );
        let headers = answer
            .header("access-control-allow-headers")
            .expect("headers");
        for header in [
            "apikey",
            "authorization",
            "content-type",
            "x-client-info",
            "x-supabase-api-version",
        ] {
            assert!(headers.contains(header), "{header} in {headers}");
        }
    }
    let stranger = preflight("http://evil.test").await;
    assert_eq!(stranger.header("access-control-allow-origin"), None);

    // An error must be readable too, with its version, or the client takes its code for a status.
    let refused = service
        .request(Method::GET, "/auth/v1/user")
        .header("origin", SITE);
    let refused = Answer::of(refused).await;
    refused.expect_error(401, "no_authorization");
    assert_eq!(refused.header("access-control-allow-origin"), Some(SITE));
    let exposed = refused
        .header("access-control-expose-headers")
        .expect("exposed");
    assert!(exposed.contains("x-supabase-api-version"), "{exposed}");
    let keyless = service
        .bare(Method::GET, "/auth/v1/user")
        .header("origin", SITE);
    assert_eq!(
        Answer::of(keyless)
            .await
            .header("access-control-allow-origin"),
        Some(SITE)
    );
}

#[tokio::test]
async fn bodies_end_at_one_mebibyte() {
    let service = Service::start().await;
    let path = "/auth/v1/token?grant_type=password";
    let filler = |bytes: usize| {
        let frame = json!({ "email": "ada@example.org", "password": "" })
            .to_string()
            .len();
        json!({ "email": "ada@example.org", "password": "x".repeat(bytes - frame) }).to_string()
    };
    let exact = service
        .request(Method::POST, path)
        .body(filler(1024 * 1024));
    Answer::of(exact)
        .await
        .expect_error(400, "invalid_credentials");
    let over = service
        .request(Method::POST, path)
        .body(filler(1024 * 1024 + 1));
    Answer::of(over)
        .await
        .expect_error(413, "request_entity_too_large");
    // Without a length, in chunks.
    let chunks: Vec<Result<String, std::io::Error>> = filler(1024 * 1024 + 1)
        .as_bytes()
        .chunks(60_000)
        .map(|part| Ok(String::from_utf8(part.to_vec()).expect("ASCII")))
        .collect();
    let stream = reqwest::Body::wrap_stream(futures::stream::iter(chunks));
    let chunked = service.request(Method::POST, path).body(stream);
    Answer::of(chunked)
        .await
        .expect_error(413, "request_entity_too_large");
}

#[tokio::test]
async fn nonsense_is_refused_in_the_known_shape() {
    let service = Service::start().await;
    let path = "/auth/v1/token?grant_type=password";
    let deep = "[".repeat(200_000);
    for body in [
        "",
        "{",
        "null",
        "\"x\"",
        "{\"email\":1e999}",
        "\u{feff}{}",
        &deep,
    ] {
        let request = service.request(Method::POST, path).body(body.to_owned());
        Answer::of(request).await.expect_error(400, "bad_json");
    }
    let bytes = service
        .request(Method::POST, path)
        .body(vec![0xff, 0xfe, 0x00]);
    Answer::of(bytes).await.expect_error(400, "bad_json");
    let nowhere = service.request(Method::GET, "/auth/v1/nowhere");
    Answer::of(nowhere).await.expect_error(404, "not_found");
    let root = service.request(Method::GET, "/");
    Answer::of(root).await.expect_error(404, "not_found");
    let method = service.request(Method::GET, "/auth/v1/signup");
    Answer::of(method)
        .await
        .expect_error(405, "method_not_allowed");
}
