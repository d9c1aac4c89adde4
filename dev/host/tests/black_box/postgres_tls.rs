//! PostgreSQL over TLS, and the authority that a component chooses to trust.

use crate::support::host::manifest;
use crate::support::postgres::Server;
use crate::support::{Host, is_ours};

fn host() -> Host {
    let allowed =
        "allowed_outbound_hosts = [\"postgres://127.0.0.1:*\", \"postgres://localhost:*\"]\n";
    Host::serve(&(manifest("") + allowed), &[])
}

/// Asks over TLS with an authority to trust (or none): whether the server sees TLS, or the error.
async fn ask(host: &Host, dsn: &str, authority: &str) -> Result<String, String> {
    let asked = format!("{dsn}\n{authority}");
    match host.post("/probe/tls", &asked).await {
        (200, text) => Ok(text.lines().nth(1).unwrap().to_owned()),
        (422, text) => Err(text),
        other => panic!("{other:?}"),
    }
}

const SECURE: &str = "Boolean(true)";
const PLAIN: &str = "Boolean(false)";

#[tokio::test]
async fn a_server_is_trusted_by_its_authority() {
    let (server, certificates) = Server::with_tls();
    let host = host();
    let authority = &certificates.authority;
    for mode in ["", "?sslmode=prefer", "?sslmode=require"] {
        let dsn = server.dsn() + mode;
        assert_eq!(
            ask(&host, &dsn, authority).await.as_deref(),
            Ok(SECURE),
            "{mode}"
        );
        // Nobody knows its authority; nothing falls back to no TLS.
        for untrusted in ["", &certificates.stranger] {
            let error = ask(&host, &dsn, untrusted).await.unwrap_err();
            assert!(error.contains("ConnectionFailed"), "{mode}: {error}");
        }
        // The pool of the one does not serve the other.
        assert_eq!(
            ask(&host, &dsn, authority).await.as_deref(),
            Ok(SECURE),
            "{mode}"
        );
    }
    // A certificate is for its name only.
    let by_name = server.dsn().replace("127.0.0.1", "localhost");
    let error = ask(&host, &by_name, authority).await.unwrap_err();
    assert!(error.contains("ConnectionFailed"), "{error}");
    let plain = server.dsn() + "?sslmode=disable";
    for authority in ["", authority] {
        assert_eq!(ask(&host, &plain, authority).await.as_deref(), Ok(PLAIN));
    }
}

#[tokio::test]
async fn the_builder_refuses_what_is_wrong() {
    let host = host();
    let elsewhere = "postgres://postgres@127.0.0.2:5432/postgres";
    let error = ask(&host, elsewhere, "").await.unwrap_err();
    assert!(
        error.contains("address postgres://127.0.0.2:5432 is not permitted"),
        "{error}"
    );
    let damaged = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    for text in ["nonsense", damaged] {
        let error = ask(&host, "postgres://postgres@127.0.0.1:1/postgres", text).await;
        let error = error.unwrap_err();
        assert!(
            !is_ours() || error.contains("invalid root certificate"),
            "{error}"
        );
    }
}
