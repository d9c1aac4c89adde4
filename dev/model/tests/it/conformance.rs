//! The official client drives the stand-in: `tests/conformance/`.

use std::process::Command;

use crate::stand_in::{ADMIN_KEY, MODEL_KEY, StandIn};

#[tokio::test]
async fn the_official_client_works_unmodified() {
    let stand_in = StandIn::start();
    let url = stand_in.url.clone();
    let run = move || {
        Command::new("npm")
            .args(["test", "--silent"])
            .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/conformance"))
            .env("MODEL_URL", url)
            .env("MODEL_KEY", MODEL_KEY)
            .env("ADMIN_KEY", ADMIN_KEY)
            .output()
            .expect("run npm")
    };
    let output = tokio::task::spawn_blocking(run).await.expect("npm");
    let said = String::from_utf8_lossy(&output.stdout);
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}{complaint}");
    assert!(
        said.contains("# fail 0") && !said.contains("# pass 0"),
        "{said}"
    );
}
