//! Control groups (version 2) of instances: what a plan's resources bound, and what ends all processes at once.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use domain::pricing_schema::Resources;
use uuid::Uuid;

/// The group above all instances', when none is named.
const NAME: &str = "mindroom";
/// What plans bound.
const CONTROLLERS: [&str; 3] = ["memory", "cpu", "pids"];
/// In which a share of a core is counted, in microseconds.
const PERIOD_US: u64 = 100_000;

/// The group above all instances' groups.
#[derive(Debug, Clone)]
pub(super) struct Groups {
    base: PathBuf,
    /// Which of [`CONTROLLERS`] it has.
    controllers: Vec<&'static str>,
}

impl Groups {
    /// Under a group that was handed over to us, or else one of our own at the top of the hierarchy.
    pub(super) fn find(delegated: Option<&Path>) -> Result<Self, String> {
        let base = match delegated {
            Some(base) => base.to_owned(),
            None => mount(&fs::read_to_string("/proc/self/mountinfo").unwrap_or_default())
                .ok_or("no control groups of version 2 are mounted")?
                .join(NAME),
        };
        let groups = Self::under(base.clone());
        groups.map_err(|error| {
            format!(
                "no control group can be made in {}: {error}",
                base.display()
            )
        })
    }

    fn under(base: PathBuf) -> io::Result<Self> {
        make(&base)?;
        let above = base.parent().unwrap_or(&base);
        for controller in CONTROLLERS {
            // One that cannot be had is found missing below. In a group that was handed over it is there already.
            let _ = fs::write(
                above.join("cgroup.subtree_control"),
                format!("+{controller}"),
            );
            let _ = fs::write(
                base.join("cgroup.subtree_control"),
                format!("+{controller}"),
            );
        }
        let enabled = fs::read_to_string(base.join("cgroup.subtree_control"))?;
        let controllers = CONTROLLERS
            .into_iter()
            .filter(|name| enabled.split_whitespace().any(|word| word == *name))
            .collect();
        Ok(Self { base, controllers })
    }

    /// What cannot be bounded here.
    pub(super) fn missing(&self) -> Vec<&'static str> {
        let is_missing = |name: &&str| !self.controllers.contains(name);
        CONTROLLERS.into_iter().filter(is_missing).collect()
    }

    /// One instance's group, whether it is there or not.
    pub(super) fn of(&self, id: Uuid) -> Group {
        Group {
            dir: self.base.join(id.to_string()),
            controllers: self.controllers.clone(),
        }
    }
}

/// One instance's group.
#[derive(Debug, Clone)]
pub(super) struct Group {
    dir: PathBuf,
    controllers: Vec<&'static str>,
}

impl Group {
    /// Makes it with these bounds, or changes those that it has.
    pub(super) fn ensure(&self, bounds: Resources) -> io::Result<()> {
        make(&self.dir)?;
        for (name, value) in self.settings(bounds) {
            fs::write(self.dir.join(name), value)?;
        }
        // Memory that is bounded must not go to the disk instead. A kernel without swap has no such file.
        let swap = self.dir.join("memory.swap.max");
        if swap.exists() {
            fs::write(swap, "0")?;
        }
        Ok(())
    }

    /// Whether it is there with these bounds.
    pub(super) fn has(&self, bounds: Resources) -> bool {
        self.dir.exists()
            && self.settings(bounds).into_iter().all(|(name, value)| {
                fs::read_to_string(self.dir.join(name)).is_ok_and(|text| text.trim() == value)
            })
    }

    fn settings(&self, bounds: Resources) -> Vec<(&'static str, String)> {
        let quota_us = u64::from(bounds.cpu_millis) * PERIOD_US / 1000;
        let memory = u64::from(bounds.memory_mib) << 20;
        [
            ("memory", "memory.max", memory.to_string()),
            ("cpu", "cpu.max", format!("{quota_us} {PERIOD_US}")),
            ("pids", "pids.max", bounds.tasks.to_string()),
        ]
        .into_iter()
        .filter(|(controller, ..)| self.controllers.contains(controller))
        .map(|(_, name, value)| (name, value))
        .collect()
    }

    /// Whether it bounds the memory.
    pub(super) fn bounds_memory(&self) -> bool {
        self.controllers.contains(&"memory")
    }

    /// Where a process writes `0` to get in.
    pub(super) fn door(&self) -> io::Result<File> {
        OpenOptions::new()
            .write(true)
            .open(self.dir.join("cgroup.procs"))
    }

    /// How often a process was ended because the memory was used up.
    pub(super) fn memory_kills(&self) -> u64 {
        let events = fs::read_to_string(self.dir.join("memory.events")).unwrap_or_default();
        let count = events
            .lines()
            .find_map(|line| line.strip_prefix("oom_kill "));
        count.and_then(|text| text.trim().parse().ok()).unwrap_or(0)
    }

    /// Ends all processes in it; true once there is none.
    pub(super) fn end(&self) -> bool {
        let inside = fs::read_to_string(self.dir.join("cgroup.procs")).unwrap_or_default();
        if inside.trim().is_empty() {
            return true;
        }
        if let Err(error) = fs::write(self.dir.join("cgroup.kill"), "1") {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "cannot end a control group"
            );
        }
        false
    }

    /// Removes it; none is fine.
    pub(super) fn remove(&self) -> io::Result<()> {
        match fs::remove_dir(&self.dir) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            done => done,
        }
    }
}

fn make(dir: &Path) -> io::Result<()> {
    match fs::create_dir(dir) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        done => done,
    }
}

/// Where version 2 is mounted: the line whose type, after ` - `, is `cgroup2`.
fn mount(mountinfo: &str) -> Option<PathBuf> {
    mountinfo.lines().find_map(|line| {
        let (place, kind) = line.split_once(" - ")?;
        let point = place.split(' ').nth(4)?;
        kind.starts_with("cgroup2 ").then(|| PathBuf::from(point))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: Resources = Resources {
        memory_mib: 2048,
        cpu_millis: 1500,
        tasks: 512,
    };

    #[test]
    fn the_mount_of_version_2_is_found() {
        let text = "31 23 0:27 / /sys/fs/cgroup/memory rw shared:9 - cgroup cgroup rw,memory\n\
                    42 23 0:38 / /sys/fs/cgroup/unified rw shared:19 - cgroup2 cgroup2 rw\n";
        assert_eq!(mount(text), Some("/sys/fs/cgroup/unified".into()));
        assert_eq!(mount(&text.replace("cgroup2", "cgroup")), None);
    }

    /// In a folder that is none of the kernel's: what is written where. The kernel's own is used in the driver's
    /// tests.
    #[test]
    fn bounds_are_written_as_the_kernel_reads_them() {
        let dir = tempfile::tempdir().unwrap();
        let group = Group {
            dir: dir.path().join("one"),
            controllers: CONTROLLERS.to_vec(),
        };
        assert!(!group.has(BOUNDS));
        group.ensure(BOUNDS).unwrap();
        let text = |name: &str| fs::read_to_string(group.dir.join(name)).unwrap();
        assert_eq!(text("memory.max"), "2147483648");
        assert_eq!(text("cpu.max"), "150000 100000");
        assert_eq!(text("pids.max"), "512");
        assert!(group.has(BOUNDS));
        let more = Resources {
            tasks: 1024,
            ..BOUNDS
        };
        assert!(!group.has(more), "a plan was changed");
        fs::write(group.dir.join("memory.events"), "oom 3\noom_kill 2\n").unwrap();
        assert_eq!(group.memory_kills(), 2);
        let few = Group {
            controllers: vec!["pids"],
            ..group
        };
        assert_eq!(few.settings(BOUNDS), [("pids.max", "512".to_owned())]);
    }
}
