//! The official client and its types: `tests/conformance/`.

use std::path::Path;
use std::path::PathBuf;
use std::process::Command;

use crate::support::Database;

#[tokio::test]
async fn the_official_client_works_unmodified() {
    let folder = installed();
    let database = Database::new().await;
    let run = move || {
        Command::new("npm")
            .args(["test", "--silent"])
            .current_dir(folder)
            .env("DEV_STRIPE", env!("CARGO_BIN_EXE_dev-stripe"))
            .env("DATABASE_URL", &database.url)
            .output()
            .expect("run npm")
    };
    let output = tokio::task::spawn_blocking(run).await.expect("npm");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(
        said.contains("# fail 0") && !said.contains("# pass 0"),
        "{said}"
    );
}

/// The folder of the scripts, with the packages that its lock file names.
fn installed() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    if folder.join("node_modules/.package-lock.json").exists() {
        return folder;
    }
    let mut npm = Command::new("npm");
    npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
        .current_dir(&folder);
    let output = npm.output().expect("run npm");
    assert!(
        output.status.success(),
        "npm ci: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    folder
}
