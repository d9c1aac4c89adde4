//! Every route, with what no client of good will sends: refused in the known shape, never an error of ours.

use reqwest::Method;
use serde_json::json;

use crate::support::{Answer, SECRET, Service, sign_up, text};

/// Every route that takes a body.
const ROUTES: [(&str, &str); 16] = [
    ("POST", "/signup"),
    ("POST", "/token?grant_type=password"),
    ("POST", "/token?grant_type=refresh_token"),
    ("POST", "/token?grant_type=pkce"),
    ("POST", "/recover"),
    ("POST", "/resend"),
    ("POST", "/otp"),
    ("POST", "/magiclink"),
    ("POST", "/verify"),
    ("PUT", "/user"),
    ("POST", "/invite"),
    ("POST", "/admin/users"),
    ("POST", "/admin/generate_link"),
    ("PUT", "/admin/users/6f1c0f3e-38fd-4b3b-9f0c-0f8e25b1f9a1"),
    (
        "DELETE",
        "/admin/users/6f1c0f3e-38fd-4b3b-9f0c-0f8e25b1f9a1",
    ),
    ("POST", "/factors"),
];

/// Bodies that are no JSON, or not of the form that any route expects, or hold what the database cannot.
fn bodies() -> Vec<Vec<u8>> {
    let nested = format!("{}1{}", "{\"data\":".repeat(100), "}".repeat(100));
    let long = "x".repeat(40_000);
    let values = [
        json!("\u{0}"),
        json!(long),
        json!(-1),
        json!(1e308),
        json!([[], {}]),
        json!({ "\u{0}": "\u{0}" }),
        json!(null),
    ];
    let fields = [
        "email",
        "password",
        "data",
        "type",
        "token",
        "token_hash",
        "refresh_token",
        "auth_code",
        "code_verifier",
        "code_challenge",
        "user_metadata",
        "app_metadata",
        "role",
        "ban_duration",
        "id",
        "new_email",
        "nonce",
    ];
    let mut bodies: Vec<Vec<u8>> = [
        "",
        "{",
        "null",
        "[]",
        "\"x\"",
        "5",
        "\u{feff}{}",
        "{\"email\":\"\\ud800\"}",
        "a=b&c=d",
        &nested,
    ]
    .iter()
    .map(|body| body.as_bytes().to_vec())
    .collect();
    bodies.push(vec![0xff, 0xfe, 0x00]);
    for value in values {
        let body: serde_json::Map<_, _> = fields
            .iter()
            .map(|field| ((*field).to_owned(), value.clone()))
            .collect();
        bodies.push(serde_json::Value::Object(body).to_string().into_bytes());
        // With enough that is right for the rest to be looked at.
        let mut body =
            json!({ "email": "ada@example.org", "password": "correct horse", "type": "recovery" });
        body["data"] = value.clone();
        body["user_metadata"] = value.clone();
        body["token"] = value;
        bodies.push(body.to_string().into_bytes());
    }
    bodies
}

#[tokio::test]
async fn no_body_is_too_strange() {
    let service = Service::start().await;
    let session = sign_up(&service, "ada@example.org").await;
    let token = text(&session, "/access_token");
    for (method, path) in ROUTES {
        for body in bodies() {
            let is_operators = path.starts_with("/admin") || path == "/invite";
            let key = if is_operators {
                SECRET
            } else {
                crate::support::PUBLISHABLE
            };
            let method: Method = method.parse().expect("a method");
            let request = service
                .bare(method, &format!("/auth/v1{path}"))
                .header("apikey", key)
                .header("x-supabase-api-version", "2024-01-01")
                .bearer_auth(token)
                .body(body.clone());
            let answer = Answer::of(request).await;
            let shown = String::from_utf8_lossy(&body[..body.len().min(200)]).into_owned();
            assert!(
                !answer.status.is_server_error(),
                "{path} {shown}: {}",
                answer.body
            );
            if answer.status.is_client_error() {
                let code = answer.header("x-sb-error-code").expect("a code").to_owned();
                answer.expect_error(answer.status.as_u16(), &code);
            }
        }
    }
}

#[tokio::test]
async fn a_body_is_json_whatever_its_type_says() {
    let service = Service::start().await;
    sign_up(&service, "ada@example.org").await;
    let send = async |content_type: &str, body: String| {
        let request = service
            .request(Method::POST, "/auth/v1/token?grant_type=password")
            .header("content-type", content_type)
            .body(body);
        Answer::of(request).await
    };
    let json = json!({ "email": "ada@example.org", "password": "correct horse" }).to_string();
    for content_type in [
        "text/plain",
        "application/json; charset=latin1",
        "application/xml",
        "x",
        "",
    ] {
        send(content_type, json.clone()).await.expect_ok();
        send(content_type, "email=ada@example.org&password=x".to_owned())
            .await
            .expect_error(400, "bad_json");
    }
}

#[tokio::test]
async fn queries_and_headers_are_looked_at_as_closely() {
    let service = Service::start().await;
    for path in [
        "/verify?type=%00&token=%ff%fe",
        "/verify?type=signup&token=%00",
        "/verify?type=recovery&token=pkce_%00&redirect_to=%00",
        "/verify?redirect_to=http://[::1",
        "/authorize?provider=%ff",
        "/settings?apikey=%ff",
    ] {
        let request = service.bare(Method::GET, &format!("/auth/v1{path}"));
        let answer = Answer::of(request).await;
        assert!(!answer.status.is_server_error(), "{path}: {}", answer.body);
    }
    let long = "x".repeat(20_000);
    for (name, value) in [
        ("authorization", &b"Bearer \xff"[..]),
        ("authorization", b"Bearer"),
        ("authorization", b"Bearer a.b.c"),
        ("authorization", long.as_bytes()),
        ("x-supabase-api-version", b"\xff"),
        ("user-agent", b"\xff"),
        ("origin", b"\xff"),
        ("x-forwarded-for", b"\xff, ,"),
    ] {
        let request = service
            .request(Method::GET, "/auth/v1/user")
            .header(name, value);
        let answer = Answer::of(request).await;
        assert_eq!(answer.status.as_u16() / 100, 4, "{name}: {}", answer.body);
    }
}
