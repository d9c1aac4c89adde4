//! The unmodified client library drives the service: `tests/conformance/run.mjs`.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{Options, PUBLISHABLE, SECRET, Service};

#[tokio::test]
async fn supabase_js_works_unmodified() {
    let folder = installed();
    let service = Service::start().await;
    let confirming = Service::start_with(Options {
        confirm_email: true,
    })
    .await;
    let run = move || {
        Command::new("node")
            .arg("run.mjs")
            .current_dir(folder)
            .env("AUTH_URL", &service.url)
            .env("CONFIRMING_URL", &confirming.url)
            .env("PUBLISHABLE_KEY", PUBLISHABLE)
            .env("SECRET_KEY", SECRET)
            .output()
            .expect("run node")
    };
    let output = tokio::task::spawn_blocking(run).await.expect("node");
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("all steps passed"), "{said}");
}

/// The folder of the script, with the packages that its lock file names.
fn installed() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance");
    if !folder.join("node_modules/.package-lock.json").exists() {
        let npm = Command::new("npm")
            .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
            .current_dir(&folder)
            .output()
            .expect("run npm");
        assert!(
            npm.status.success(),
            "npm ci: {}",
            String::from_utf8_lossy(&npm.stderr)
        );
    }
    folder
}
