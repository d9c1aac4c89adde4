//! The unmodified client library drives the service: `tests/conformance/`.

use std::process::Command;

use crate::support::{PUBLISHABLE, SECRET, Service};

#[tokio::test]
async fn supabase_js_works_unmodified() {
    let usual = Service::start().await;
    let confirming = Service::start_with(&["--confirm-email"]).await;
    // Shorter than the client waits before it refreshes.
    let short = Service::start_with(&["--token-lifetime", "60"]).await;
    let run = move || {
        Command::new("npm")
            .args(["test", "--silent"])
            .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/conformance"))
            .env("AUTH_URL", &usual.url)
            .env("CONFIRMING_URL", &confirming.url)
            .env("SHORT_URL", &short.url)
            .env("PUBLISHABLE_KEY", PUBLISHABLE)
            .env("SECRET_KEY", SECRET)
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
