//! Which route answers a path, and what its component learns of it.

use crate::support::Host;
use crate::support::host::{client, manifest, with_other};
use crate::support::raw::exchange;

const ROUTES: &str = r#"
[[trigger.http]]
route = "/..."
component = "probe"
[[trigger.http]]
route = "/items/:item_id"
component = "probe"
[[trigger.http]]
route = "/items/new"
static_response = { status_code = 201, headers = { x-made = "yes" }, body = "static" }
[[trigger.http]]
route = "/items/:a/parts/:b"
component = "probe"
[[trigger.http]]
route = "/files/*"
component = "probe"
[[trigger.http]]
route = "/plain"
static_response = { body = "plain" }
"#;

/// The value of a header in what the probe echoes.
fn header<'a>(echo: &'a str, name: &str) -> Option<&'a str> {
    echo.lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

#[tokio::test]
async fn the_more_exact_route_wins() {
    let host = Host::serve(&manifest(ROUTES), &[]);
    for (path, route) in [
        ("/probe/echo", "/probe/..."),
        ("/probe/echo/", "/probe/..."),
        ("/x/echo", "/..."),
        ("/items/echo", "/items/:item_id"),
        ("//items/echo", "/items/:item_id"),
        ("/items/echo/parts", "/..."),
        ("/items/echo/parts/6", "/items/:a/parts/:b"),
        ("/items//echo", "/..."),
        ("/Items/echo", "/..."),
        ("/files/echo/y", "/files/*"),
    ] {
        let (status, echo) = host.get(path).await;
        assert_eq!(status, 200, "{path}");
        assert_eq!(header(&echo, "spin-matched-route"), Some(route), "{path}");
    }
    assert_eq!(host.get("/items/new/").await, (201, "static".to_owned()));
    assert_eq!(host.get("/items/new").await, (201, "static".to_owned()));
}

#[tokio::test]
async fn parts_of_the_path_come_as_they_were_sent() {
    let host = Host::serve(&manifest(ROUTES), &[]);
    assert_eq!(
        host.get("/items/a%20b%2Fecho.d").await.1,
        "hello",
        "%2F was taken for a slash"
    );
    // Written by hand: other clients would resolve the dots.
    for (path, name, part) in [
        (
            "/probe/echo/%2e%2e/c%2F",
            "spin-path-info",
            "/echo/%2e%2e/c%2F",
        ),
        ("/probe/echo/a%20b/", "spin-path-info", "/echo/a%20b"),
        ("/probe/echo", "spin-component-route", "/probe"),
        ("/files/echo", "spin-path-info", "/echo"),
        ("/files/echo", "spin-component-route", "/files/*"),
        ("/x/echo/y?z=1", "spin-path-info", "/x/echo/y"),
        ("/x/echo", "spin-component-route", ""),
        ("/items/echo/parts/a%2Fb.c", "spin-path-match-a", "echo"),
        ("/items/echo/parts/a%2Fb.c", "spin-path-match-b", "a%2Fb.c"),
        ("/items/echo/parts/a%2Fb.c", "spin-path-info", ""),
        ("/items/echo", "spin-path-match-item-id", "echo"),
    ] {
        let request = format!("GET {path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");
        let echo = exchange(&host, request).await;
        assert_eq!(header(&echo, name), Some(part), "{path} {name}");
    }
}

#[tokio::test]
async fn without_a_route_nothing_is_found() {
    let host = Host::serve(&manifest(""), &[]);
    for path in ["/", "/nobody", "/prob", "/probee", "/Probe"] {
        assert_eq!(host.get(path).await, (404, String::new()), "{path}");
    }
}

#[tokio::test]
async fn fixed_answers_know_no_methods() {
    let host = Host::serve(&manifest(ROUTES), &[]);
    for method in ["GET", "DELETE", "FOO"] {
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        let fixed = client().request(method, host.url("/items/new"));
        let fixed = fixed.send().await.unwrap();
        assert_eq!(fixed.status(), 201);
        assert_eq!(fixed.headers()["x-made"], "yes");
        assert_eq!(fixed.text().await.unwrap(), "static");
    }
    assert_eq!(host.get("/plain").await, (200, "plain".to_owned()));
}

#[tokio::test]
async fn spins_own_paths_come_first() {
    let host = Host::serve(&manifest(ROUTES), &[]);
    let health = host.get("/.well-known/spin/health").await;
    assert_eq!(health, (200, "OK".to_owned()));
    let (status, info) = host.get("/.well-known/spin/info").await;
    assert_eq!(status, 200);
    let info: serde_json::Value = serde_json::from_str(&info).unwrap();
    assert_eq!(info["name"], "probe");
    assert_eq!(info["version"], "1.2.3");
    assert_eq!(
        host.get("/.well-known/spin/other").await,
        (404, String::new())
    );
    assert_eq!(
        host.get("/.well-known/other").await,
        (200, "hello".to_owned())
    );
}

#[tokio::test]
async fn the_greeting_lists_the_routes() {
    let private = "[[trigger.http]]\nroute = { private = true }\ncomponent = \"other\"\n";
    let text = with_other(&format!("{ROUTES}{private}"));
    let host = Host::serve(&text, &["--quiet"]);
    let address = host.address;
    for line in [
        format!("Serving http://{address}\n"),
        "Available Routes:\n".to_owned(),
        format!("  probe: http://{address}/probe (wildcard)\n"),
        format!("  probe: http://{address}/items/:item_id\n"),
        format!("http://{address}/items/new\n"),
    ] {
        host.printed(&line).await;
    }
    let printed = host.printed("/plain").await;
    assert!(!printed.contains("  other:"), "{printed}");
}
