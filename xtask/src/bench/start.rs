//! `up` on a warm checkout, and what the daemon takes while it has nothing to do.

use std::time::Duration;

use anyhow::{Context, Result};
use serde::Deserialize;

use super::Effort;
use super::program::processor_seconds;
use super::table::{Aim, Table};
use crate::build;
use crate::suites::platform::{Platform, Settings};

/// After the start, until things are quiet.
const SETTLES: Duration = Duration::from_secs(10);

pub(super) fn measure(effort: Effort, table: &mut Table) -> Result<()> {
    build::run()?;
    let platform = Platform::start(Settings::default())?;
    let (mut starts, mut memory, mut processor) = (vec![], vec![], vec![]);
    for _ in 0..effort.rounds {
        starts.push(platform.restart()?.as_secs_f64());
        std::thread::sleep(SETTLES);
        let daemon = Daemon::of(&platform)?;
        let (before, over) = (processor_seconds(daemon.pid)?, effort.seconds * 4);
        std::thread::sleep(Duration::from_secs(over));
        #[expect(clippy::cast_precision_loss, reason = "some seconds")]
        let share = (processor_seconds(daemon.pid)? - before) / over as f64;
        processor.push(share * 100.0);
        memory.push(daemon.resident_megabytes()?);
    }
    platform.stop()?;
    table.add(
        "`up` on a warm checkout, to ready",
        "s",
        Aim::AtMost(10.0),
        starts,
    );
    table.add("Idle daemon, resident", "MB", Aim::AtMost(50.0), memory);
    table.add("Idle daemon, of a core", "%", Aim::AtMost(1.0), processor);
    Ok(())
}

/// The daemon's process, as `up` writes it down.
#[derive(Deserialize)]
struct Daemon {
    pid: u32,
}

impl Daemon {
    fn of(platform: &Platform) -> Result<Self> {
        let record = platform.state().join("run/provisioner-daemon.json");
        Ok(serde_json::from_slice(&std::fs::read(record)?)?)
    }

    fn resident_megabytes(&self) -> Result<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid))?;
        let kibibytes = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB"));
        let kibibytes: f64 = kibibytes.context("no VmRSS")?.trim().parse()?;
        Ok(kibibytes * 1024.0 / 1e6)
    }
}
