//! The official client and its types: `tests/conformance/`.

use std::path::Path;
use std::path::PathBuf;
use std::process::Command;

use crate::support::Database;

#[tokio::test]
async fn the_official_client_works_unmodified() {
    let folder = installed();
    let mut scripts = tokio::task::JoinSet::new();
    for script in scripts_in(&folder.join("conformance")) {
        scripts.spawn(run(folder.clone(), script));
    }
    assert!(!scripts.is_empty());
    while let Some(run) = scripts.join_next().await {
        run.expect("a script that passes");
    }
}

fn scripts_in(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("the folder of the scripts");
    let files = entries.map(|entry| entry.expect("an entry").path());
    let is_script = |file: &PathBuf| file.to_string_lossy().ends_with(".test.mjs");
    files.filter(is_script).collect()
}

/// Runs one script on a stand-in and a database of its own.
async fn run(folder: PathBuf, script: PathBuf) {
    let database = Database::new().await;
    let node = tokio::process::Command::new("node")
        .args(["--test", "--test-reporter=tap"])
        .arg(&script)
        .current_dir(folder)
        .env("DEV_STRIPE", env!("CARGO_BIN_EXE_dev-stripe"))
        .env("DATABASE_URL", &database.url)
        .kill_on_drop(true)
        .output();
    let output = node.await.expect("run node");
    let said = String::from_utf8_lossy(&output.stdout);
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{}: {said}{complaints}",
        script.display()
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
