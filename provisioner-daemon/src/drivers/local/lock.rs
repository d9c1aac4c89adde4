//! One daemon per state folder: two would start every process twice.

use std::fs::File;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context;

/// How long the daemon before may take to end.
const PATIENCE: Duration = Duration::from_secs(30);

/// Takes the folder; it is free again when the file is closed, also by a kill.
pub(super) async fn take(state_dir: &Path) -> anyhow::Result<File> {
    let file =
        File::create(state_dir.join("provisioner.lock")).context("open the daemon's lock")?;
    let began = Instant::now();
    while file.try_lock().is_err() {
        anyhow::ensure!(
            began.elapsed() < PATIENCE,
            "another daemon works on {}",
            state_dir.display()
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok(file)
}
