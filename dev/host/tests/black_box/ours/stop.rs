//! The end: it comes, and quietly, whatever the components do.

use crate::support::host::{client, manifest, with_other};
use crate::support::{Host, only_ours};

const OTHER: &str = "[[trigger.http]]\nroute = \"/other/...\"\ncomponent = \"other\"\n";

#[tokio::test]
async fn an_idle_host_ends_without_a_word() {
    if only_ours("how it ends is ours") {
        return;
    }
    let arguments = ["--idle-instance-timeout", "600s"];
    let mut host = Host::serve(&manifest(""), &arguments);
    assert_eq!(host.get("/probe").await.0, 200);
    assert!(host.terminate().success());
    assert_eq!(host.last_words(), "");
}

#[tokio::test]
async fn a_looping_component_does_not_hold_it_up() {
    if only_ours("Spin is held up by a loop for ever") {
        return;
    }
    let mut host = Host::serve(&with_other(OTHER), &["--max-busy-time", "600s"]);
    let looping = tokio::spawn(client().get(host.url("/probe/loop")).send());
    assert_eq!(host.get("/other").await.0, 200);
    assert!(host.terminate().success());
    assert!(
        looping.await.unwrap().is_err(),
        "the connection was to be cut"
    );
}
