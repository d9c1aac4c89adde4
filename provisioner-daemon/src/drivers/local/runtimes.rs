//! The two virtual environments that all instances share: made on first use, pinned, safe to interrupt.
//!
//! Each is built in a folder of its own that nothing else names; a marker file, written last, says which
//! folder is whole. An interrupted build is never taken for a finished one and goes with the next.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use tokio::process::Command;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::files;
use super::python::{self, Versions};

/// A package from PyPI with what it needs beside it.
pub(super) struct Package {
    name: &'static str,
    pub(super) version: &'static str,
    beside: &'static [&'static str],
    pythons: Versions,
    what: &'static str,
}

pub(super) const SYNAPSE: Package = Package {
    name: "matrix-synapse",
    version: "1.163.2",
    beside: &["psycopg2-binary==2.9.13", "authlib==1.9.9"],
    pythons: (10, 15),
    what: "Synapse",
};
pub(super) const MINDROOM: Package = Package {
    name: "mindroom",
    version: "2026.10.589",
    beside: &[],
    pythons: (12, 15),
    what: "MindRoom",
};

/// Longest time for one package.
const TIMEOUT: Duration = Duration::from_mins(15);
/// Waits before a failed installation is tried again.
const RETRY: (Duration, Duration) = (Duration::from_secs(5), Duration::from_mins(1));

/// What instances are started from.
#[derive(Debug, Clone)]
pub struct Installed {
    /// Python with Synapse.
    pub synapse_python: PathBuf,
    /// MindRoom's program, where a Python fits it.
    pub mindroom: Option<PathBuf>,
    /// What customers should know.
    pub notice: Option<String>,
}

/// Where the installation stands. The texts are for customers.
#[derive(Debug, Clone)]
pub(super) enum State {
    Installing(String),
    Ready(Installed),
    Failed(String),
}

/// Where the environments are: `MINDROOM_RUNTIMES_DIR`, so that tests and several state folders can share
/// them, or in the state folder.
pub fn folder(state_dir: &Path) -> PathBuf {
    let shared = std::env::var_os("MINDROOM_RUNTIMES_DIR").filter(|dir| !dir.is_empty());
    shared.map_or_else(|| state_dir.join("python"), PathBuf::from)
}

/// The installation, going on by itself.
pub(super) struct Runtimes {
    state: watch::Receiver<State>,
}

impl Runtimes {
    pub(super) fn start(
        folder: &Path,
        is_mindroom_required: bool,
        stop: CancellationToken,
    ) -> Self {
        let first = State::Installing("The software for instances is being looked at.".to_owned());
        let (sender, state) = watch::channel(first);
        let folder = folder.to_owned();
        tokio::spawn(async move {
            let sender = Arc::new(sender);
            let work = keep_trying(&folder, is_mindroom_required, &sender);
            tokio::select! {
                () = work => {}
                () = stop.cancelled() => {}
            }
        });
        Self { state }
    }

    pub(super) fn state(&self) -> State {
        self.state.borrow().clone()
    }

    /// Whether instances are to have a MindRoom, as far as is known.
    pub(super) fn expects_mindroom(&self) -> bool {
        !matches!(&*self.state.borrow(), State::Ready(installed) if installed.mindroom.is_none())
    }
}

async fn keep_trying(folder: &Path, is_mindroom_required: bool, state: &watch::Sender<State>) {
    let mut wait = RETRY.0;
    loop {
        let progress = |line: &str| {
            tracing::info!("{line}");
            state.send_replace(State::Installing(line.to_owned()));
        };
        match install(folder, is_mindroom_required, &progress).await {
            Ok(installed) => {
                state.send_replace(State::Ready(installed));
                return;
            }
            Err(error) => {
                tracing::error!(error = %format!("{error:#}"), "the software for instances is missing");
                let text = "The software for instances could not be installed; it is tried again.";
                state.send_replace(State::Failed(text.to_owned()));
            }
        }
        tokio::time::sleep(wait).await;
        wait = (wait * 2).min(RETRY.1);
    }
}

/// Installs what is missing, telling each step to `progress`.
pub async fn install(
    folder: &Path,
    is_mindroom_required: bool,
    progress: &(dyn Fn(&str) + Send + Sync),
) -> anyhow::Result<Installed> {
    files::private_dir(folder).context("make the folder for the software of instances")?;
    let _lock = lock(folder, progress).await?;
    let python = python::find(SYNAPSE.pythons).await.with_context(|| {
        format!(
            "no Python 3.{} or newer with venv was found (on Debian: python3-venv)",
            SYNAPSE.pythons.0
        )
    })?;
    let synapse = ensure(folder, &SYNAPSE, &python, progress).await?;
    let mut installed = Installed {
        synapse_python: synapse.join("bin/python"),
        mindroom: None,
        notice: None,
    };
    match python::find(MINDROOM.pythons).await {
        Some(python) => {
            let mindroom = ensure(folder, &MINDROOM, &python, progress).await?;
            installed.mindroom = Some(mindroom.join("bin/mindroom"));
        }
        None if is_mindroom_required => {
            anyhow::bail!(
                "no Python 3.{} or newer was found, which MindRoom needs",
                MINDROOM.pythons.0
            )
        }
        None => {
            let notice = format!(
                "MindRoom is left out: this machine has no Python 3.{} or newer. Matrix works.",
                MINDROOM.pythons.0
            );
            progress(&notice);
            installed.notice = Some(notice);
        }
    }
    Ok(installed)
}

/// One installation at a time, also among processes.
async fn lock(folder: &Path, progress: &(dyn Fn(&str) + Send + Sync)) -> anyhow::Result<File> {
    let file = File::create(folder.join("lock")).context("open the installation's lock")?;
    if file.try_lock().is_ok() {
        return Ok(file);
    }
    progress("Another process installs the software for instances; waiting for it");
    tokio::task::spawn_blocking(move || file.lock().map(|()| file))
        .await?
        .context("wait for the other installation")
}

/// The folder of one package's environment, made if it is missing.
async fn ensure(
    folder: &Path,
    package: &Package,
    python: &Path,
    progress: &(dyn Fn(&str) + Send + Sync),
) -> anyhow::Result<PathBuf> {
    let prefix = format!("{}-{}", package.name, package.version);
    let marker = folder.join(format!("{prefix}.ready"));
    if let Ok(name) = std::fs::read_to_string(&marker) {
        let environment = folder.join(name.trim());
        if installed_version(&environment, package).await.as_deref() == Some(package.version) {
            return Ok(environment);
        }
        // Its Python may have gone; make it anew.
        std::fs::remove_file(&marker).context("remove a stale marker")?;
    }
    remove_leftovers(folder, &prefix);
    let began = std::time::Instant::now();
    progress(&format!(
        "Installing {} {} (about a minute)",
        package.what, package.version
    ));
    let name = format!("{prefix}.{}", hex::encode(rand::random::<[u8; 4]>()));
    let environment = folder.join(&name);
    let built = tokio::time::timeout(TIMEOUT, build(&environment, package, python)).await;
    built
        .map_err(|_| anyhow::anyhow!("it took longer than {} minutes", TIMEOUT.as_secs() / 60))
        .flatten()
        .with_context(|| format!("install {} {}", package.name, package.version))?;
    let found = installed_version(&environment, package).await;
    anyhow::ensure!(
        found.as_deref() == Some(package.version),
        "{} {} was asked for, {} was installed",
        package.name,
        package.version,
        found.as_deref().unwrap_or("nothing")
    );
    files::write_private(&marker, name.as_bytes()).context("write the marker")?;
    progress(&format!(
        "{} is installed ({} s)",
        package.what,
        began.elapsed().as_secs()
    ));
    Ok(environment)
}

fn remove_leftovers(folder: &Path, prefix: &str) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let is_leftover = entry
            .file_name()
            .to_str()
            .is_some_and(|name| name.starts_with(prefix));
        if is_leftover && let Err(error) = files::remove_dir(&entry.path()) {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "an interrupted installation stays"
            );
        }
    }
}

async fn installed_version(environment: &Path, package: &Package) -> Option<String> {
    let question = format!(
        "import importlib.metadata as m; print(m.version('{}'))",
        package.name
    );
    python::ask(environment.join("bin/python"), &["-c", &question]).await
}

async fn build(environment: &Path, package: &Package, python: &Path) -> anyhow::Result<()> {
    let wanted = format!("{}=={}", package.name, package.version);
    let has_uv = python::ask("uv", &["--version"]).await.is_some();
    let inner = environment.join("bin/python");
    if has_uv {
        run(Command::new("uv")
            .args(["venv", "--quiet", "--python"])
            .arg(python)
            .arg(environment))
        .await?;
        let mut pip = Command::new("uv");
        pip.args([
            "pip",
            "install",
            "--quiet",
            "--compile-bytecode",
            "--python",
        ])
        .arg(&inner);
        run(pip.arg(&wanted).args(package.beside)).await
    } else {
        run(Command::new(python).args(["-m", "venv"]).arg(environment)).await?;
        let mut pip = Command::new(&inner);
        pip.args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--no-input",
        ]);
        run(pip.arg(&wanted).args(package.beside)).await
    }
}

/// Runs a command to its end; its last lines are the error.
async fn run(command: &mut Command) -> anyhow::Result<()> {
    let output = command
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .with_context(|| format!("run {}", command.as_std().get_program().display()))?;
    if output.status.success() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&output.stderr);
    let lines: Vec<&str> = text.lines().rev().take(5).collect();
    anyhow::bail!(
        "{}",
        lines.into_iter().rev().collect::<Vec<_>>().join(" | ")
    )
}
