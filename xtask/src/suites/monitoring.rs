//! What operators load (`monitoring/`), by Prometheus: its own tests of the rules, then a platform that it scrapes.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::platform::Platform;
use super::{on_platform, visibly};
use crate::{apt, step, tools, workspace};

pub(super) fn run(platform: &Platform) -> Result<()> {
    let programs = Programs::find()?;
    for check in [
        ["check", "rules", "alerts.yaml"],
        ["test", "rules", "alerts.test.yaml"],
    ] {
        let mut promtool = Command::new(&programs.promtool);
        promtool.current_dir(workspace::root().join("monitoring"));
        visibly("monitoring: rules", promtool.args(check))?;
    }
    let mut suite = on_platform(platform, "monitoring")?;
    visibly("monitoring", suite.env("PROMETHEUS", &programs.prometheus))
}

/// Prometheus and the program that tests its rules.
struct Programs {
    prometheus: PathBuf,
    promtool: PathBuf,
}

impl Programs {
    /// Those in PATH, else Debian's, unpacked below `target`: installing the package would start a server.
    fn find() -> Result<Self> {
        if let (Some(prometheus), Some(promtool)) =
            (tools::find("prometheus"), tools::find("promtool"))
        {
            return Ok(Self {
                prometheus,
                promtool,
            });
        }
        let folder = workspace::target().join("tools/prometheus");
        let programs = Self {
            prometheus: folder.join("usr/bin/prometheus"),
            promtool: folder.join("usr/bin/promtool"),
        };
        if !tools::is_executable(&programs.promtool) {
            unpack(&folder)?;
        }
        Ok(programs)
    }
}

/// Beside its place first, so that what was interrupted does not count.
fn unpack(folder: &Path) -> Result<()> {
    if tools::find("apt-get").is_none() || tools::find("dpkg-deb").is_none() {
        bail!(
            "prometheus and promtool are missing; get them from prometheus.io or your package manager"
        );
    }
    let unfinished = folder.with_extension("unfinished");
    for left in [folder, unfinished.as_path()] {
        if left.exists() {
            std::fs::remove_dir_all(left).with_context(|| format!("remove {}", left.display()))?;
        }
    }
    std::fs::create_dir_all(&unfinished)
        .with_context(|| format!("make {}", unfinished.display()))?;
    if tools::is_root() {
        apt::update()?;
    }
    let mut get = Command::new("sh");
    get.current_dir(&unfinished).args([
        "-euc",
        "apt-get download prometheus; dpkg-deb -x prometheus_*.deb .",
    ]);
    step::run("prometheus", "getting Prometheus", &mut get)?;
    std::fs::rename(&unfinished, folder).with_context(|| format!("make {}", folder.display()))
}
