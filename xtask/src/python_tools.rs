//! Programs from PyPI that tests need, each in an environment of its own below `target/tools`.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::{exclusive, step, tools, workspace};

/// A program and what is installed for it.
pub(crate) struct PythonTool {
    /// Names its folder and its steps.
    pub(crate) name: &'static str,
    /// In pip's words, every package pinned, so that a run can be repeated.
    pub(crate) requirements: &'static str,
}

impl PythonTool {
    /// The folder with its programs; the environment is made again when the requirements change.
    pub(crate) fn programs(&self) -> Result<PathBuf> {
        let _made_once = exclusive::hold(self.name)?;
        let folder = workspace::target().join("tools").join(self.name);
        // written last, so that an install that was interrupted does not count
        let stamp = folder.join("installed.txt");
        let installed = std::fs::read_to_string(&stamp).unwrap_or_default();
        if installed != self.requirements {
            self.install(&folder)?;
            std::fs::write(&stamp, self.requirements)
                .with_context(|| format!("write {}", stamp.display()))?;
        }
        Ok(folder.join("bin"))
    }

    fn install(&self, folder: &Path) -> Result<()> {
        let Self { name, requirements } = self;
        if folder.exists() {
            std::fs::remove_dir_all(folder)
                .with_context(|| format!("remove {}", folder.display()))?;
        }
        let python = ["python3", "python"]
            .iter()
            .find_map(|name| tools::find(name))
            .context("Python 3.11 or newer is needed")?;
        step::run(
            &format!("{name}-python"),
            &format!("making {name}'s environment"),
            Command::new(python).args(["-m", "venv"]).arg(folder),
        )?;
        let list = folder.join("requirements.txt");
        std::fs::write(&list, requirements).with_context(|| format!("write {}", list.display()))?;
        let mut pip = Command::new(folder.join("bin/python"));
        pip.args(["-m", "pip", "install", "--disable-pip-version-check"])
            .args(["--no-deps", "--requirement"])
            .arg(list);
        step::run(
            &format!("{name}-install"),
            &format!("installing {name}"),
            &mut pip,
        )
    }
}
