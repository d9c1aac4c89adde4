//! Secrets are never printed.

use crate::support::host::{application, manifest};
use crate::support::{Host, only_ours};

const SECRET: &str = "hunter2-s3cr3t";

fn text() -> String {
    format!(
        "{}allowed_outbound_hosts = [\"{{{{ place }}}}\"]\n[component.probe.variables]\n\
         dsn = \"{{{{ dsn }}}}\"\n[variables]\ndsn = {{ required = true, secret = true }}\n\
         place = {{ default = \"postgres://127.0.0.1:1\", secret = true }}\n",
        manifest("")
    )
}

#[tokio::test]
async fn not_in_any_log() {
    if only_ours("what is logged, and how much, is ours") {
        return;
    }
    let dsn = format!("dsn=postgres://u:{SECRET}@127.0.0.1:1/d");
    let host = Host::with_environment(
        application(&text()),
        &["--variable", &dsn],
        &[("RUST_LOG", "debug")],
    )
    .unwrap();
    let (status, answer) = host.post("/probe/query", "SELECT 1").await;
    assert_eq!(status, 422);
    assert!(
        answer.contains("ConnectionFailed") && !answer.contains(SECRET),
        "{answer}"
    );
    let elsewhere = format!("postgres://u:{SECRET}@127.0.0.2:1/d");
    let (_, answer) = host.post("/probe/connect", &elsewhere).await;
    assert!(
        answer.contains("not permitted") && !answer.contains(SECRET),
        "{answer}"
    );
    let log = host.logged("refused to reach").await;
    assert!(!log.contains(SECRET), "{log}");
}

#[tokio::test]
async fn not_in_errors_of_the_start() {
    if only_ours("the words of the errors are ours") {
        return;
    }
    let folder = application(&text());
    let table = folder.path().join("all.toml");
    std::fs::write(&table, format!("dsn = \"{SECRET}\nplace = 1")).unwrap();
    let table = format!("@{}", table.display());
    let place = format!("place={SECRET}");
    for arguments in [
        ["--variable", &table, "--quiet"].as_slice(),
        &["--variable", "dsn=x", "--variable", &place],
    ] {
        let ended = Host::in_folder(application(&text()), arguments)
            .err()
            .unwrap();
        assert!(
            !ended.success && !ended.log.contains(SECRET),
            "{}",
            ended.log
        );
    }
}
