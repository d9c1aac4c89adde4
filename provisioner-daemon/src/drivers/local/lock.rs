//! One daemon per state folder: two would start every process twice.

use std::fs::File;
use std::io::{Read, Seek, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context;
use uuid::Uuid;

use super::files;

/// How long the daemon before may take to end.
const PATIENCE: Duration = Duration::from_secs(30);

/// The only right to work on a state folder; free again when this is dropped, also by a kill.
#[derive(Debug)]
pub struct Lock {
    _file: File,
    /// Who works here now.
    pub worker: Uuid,
    /// Who worked here before and is surely gone, so that its leases need not be waited for.
    pub predecessor: Option<Uuid>,
}

impl Lock {
    /// Takes the folder, which must exist, and leaves our name in the lock.
    pub async fn take(state_dir: &Path) -> anyhow::Result<Self> {
        let mut file = files::open_private(&state_dir.join("provisioner.lock"))
            .context("open the daemon's lock")?;
        let began = Instant::now();
        while file.try_lock().is_err() {
            anyhow::ensure!(
                began.elapsed() < PATIENCE,
                "another daemon works on {}",
                state_dir.display()
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let mut name = String::new();
        // A lock that cannot be read names nobody.
        let _ = file.read_to_string(&mut name);
        let worker = Uuid::new_v4();
        file.set_len(0)?;
        file.rewind()?;
        file.write_all(worker.to_string().as_bytes())?;
        Ok(Self {
            _file: file,
            worker,
            predecessor: name.trim().parse().ok(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_successor_knows_whom_it_follows() {
        let dir = tempfile::tempdir().unwrap();
        let first = Lock::take(dir.path()).await.unwrap();
        assert_eq!(first.predecessor, None);
        let name = first.worker;
        drop(first);
        let second = Lock::take(dir.path()).await.unwrap();
        assert_eq!(second.predecessor, Some(name));
    }
}
