//! The two virtual environments that all instances share: made on first use, pinned, safe to interrupt.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use store::daemon::instances::Instance;
use tokio::process::Command;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::super::PAUSED;
use super::kept::Kept;
use super::process;
use super::python::{self, Versions};
use super::{files, room, shared_python, users};

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

/// All that is asked of the package index by name, as `name==version`.
pub fn requirements() -> Vec<String> {
    let named = |package: &Package| format!("{}=={}", package.name, package.version);
    let beside = SYNAPSE.beside.iter().chain(MINDROOM.beside);
    let beside = beside.map(|name| (*name).to_owned());
    [named(&SYNAPSE), named(&MINDROOM)]
        .into_iter()
        .chain(beside)
        .collect()
}

/// Longest time for one package.
const TIMEOUT: Duration = Duration::from_mins(15);
/// Waits before a failed installation is tried again.
const RETRY: (Duration, Duration) = (Duration::from_secs(5), Duration::from_mins(1));

/// A program of an environment.
#[derive(Debug, Clone)]
pub struct Program {
    python: PathBuf,
    /// What this Python runs. By itself a script would look for it where its environment was made, which may have
    /// been moved since.
    script: Option<PathBuf>,
    /// Where its Python finds its libraries, when it is a copy.
    libraries: Option<PathBuf>,
}

impl Program {
    fn python(environment: &Path) -> Self {
        Self {
            python: environment.join("bin/python"),
            script: None,
            libraries: shared_python::libraries(environment),
        }
    }

    fn script(environment: &Path, name: &str) -> Self {
        Self {
            script: Some(environment.join("bin").join(name)),
            ..Self::python(environment)
        }
    }

    pub(super) fn command(&self) -> process::Command {
        let command = process::Command::new(&self.python).args(self.script.iter());
        match &self.libraries {
            Some(libraries) => command.env("LD_LIBRARY_PATH", libraries),
            None => command,
        }
    }
}

/// What instances are started from.
#[derive(Debug, Clone)]
pub struct Installed {
    /// Python with Synapse.
    pub synapse_python: Program,
    /// MindRoom's program, where a Python fits it.
    pub mindroom: Option<Program>,
    /// What customers should know.
    pub notice: Option<String>,
}

impl Installed {
    /// What an instance is to run of it: without MindRoom while its agents are paused.
    pub(super) fn for_instance(self, instance: &Instance) -> Self {
        if !instance.is_ai_paused || self.mindroom.is_none() {
            return self;
        }
        Self {
            mindroom: None,
            notice: Some(PAUSED.to_owned()),
            ..self
        }
    }
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
                tracing::error!(
                    error = %format!("{error:#}"),
                    pause_s = wait.as_secs(),
                    "the software for instances is missing"
                );
                let text = if room::is_used_up(folder) {
                    room::NONE
                } else {
                    "The software for instances could not be installed; it is tried again."
                };
                state.send_replace(State::Failed(text.to_owned()));
            }
        }
        tokio::time::sleep(wait).await;
        wait = (wait * 2).min(RETRY.1);
    }
}

/// An installation under way.
pub(super) struct Installation<'a> {
    pub(super) folder: &'a Path,
    /// Whether instances are users of their own, who must be able to read it.
    is_shared: bool,
    /// Held by all that it starts, too: what outlives a daemon that was killed is waited for.
    lock: File,
    pub(super) progress: &'a (dyn Fn(&str) + Send + Sync),
}

/// Installs what is missing, telling each step to `progress`.
pub async fn install(
    folder: &Path,
    is_mindroom_required: bool,
    progress: &(dyn Fn(&str) + Send + Sync),
) -> anyhow::Result<Installed> {
    files::public_dir(folder).context("make the folder for the software of instances")?;
    let installation = Installation {
        folder,
        is_shared: users::Users::find(&[folder]).is_ok(),
        lock: lock(folder, progress).await?,
        progress,
    };
    let synapse = if let Some(environment) = installation.find(&SYNAPSE).await {
        environment
    } else {
        let python = python::find(SYNAPSE.pythons).await.with_context(|| {
            format!(
                "no Python 3.{} or newer with venv was found (on Debian: python3-venv)",
                SYNAPSE.pythons.0
            )
        })?;
        installation.make(&SYNAPSE, &python).await?
    };
    let mindroom = match installation.find(&MINDROOM).await {
        Some(environment) => Some(environment),
        None => match python::find(MINDROOM.pythons).await {
            Some(python) => Some(installation.make(&MINDROOM, &python).await?),
            None => None,
        },
    };
    anyhow::ensure!(
        mindroom.is_some() || !is_mindroom_required,
        "no Python 3.{} or newer was found, which MindRoom needs",
        MINDROOM.pythons.0
    );
    let notice = mindroom.is_none().then(|| {
        format!(
            "MindRoom is left out: this machine has no Python 3.{} or newer. Matrix works.",
            MINDROOM.pythons.0
        )
    });
    if let Some(notice) = &notice {
        progress(notice);
    }
    Ok(Installed {
        synapse_python: Program::python(&synapse),
        mindroom: mindroom.map(|environment| Program::script(&environment, "mindroom")),
        notice,
    })
}

/// One installation at a time, also among processes.
async fn lock(folder: &Path, progress: &(dyn Fn(&str) + Send + Sync)) -> anyhow::Result<File> {
    let path = folder.join("lock");
    let file = files::open_private(&path).context("open the installation's lock")?;
    if file.try_lock().is_ok() {
        return Ok(file);
    }
    progress("Another process installs the software for instances; waiting for it");
    tokio::task::spawn_blocking(move || file.lock().map(|()| file))
        .await?
        .context("wait for the other installation")
}

impl Installation<'_> {
    fn kept(&self, package: &Package) -> Kept<'_> {
        Kept::new(self.folder, format!("{}-{}", package.name, package.version))
    }

    /// The folder of one package's environment, when it can be used. Its Python may have gone, or be where
    /// instances' users cannot go.
    async fn find(&self, package: &Package) -> Option<PathBuf> {
        let environment = self.kept(package).find()?;
        let found = installed_version(&environment, package).await;
        let is_open = !self.is_shared || users::is_open(&environment.join("bin/python"));
        (is_open && found.as_deref() == Some(package.version)).then_some(environment)
    }

    /// The folder of one package's environment, made anew.
    async fn make(&self, package: &Package, python: &Path) -> anyhow::Result<PathBuf> {
        let kept = self.kept(package);
        let environment = kept.begin().context("make room for the environment")?;
        let began = std::time::Instant::now();
        (self.progress)(&format!(
            "Installing {} {} (about a minute)",
            package.what, package.version
        ));
        let built = tokio::time::timeout(TIMEOUT, self.build(&environment, package, python)).await;
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
        kept.seal(&environment).context("write the marker")?;
        (self.progress)(&format!(
            "{} is installed ({} s)",
            package.what,
            began.elapsed().as_secs()
        ));
        Ok(environment)
    }

    async fn build(
        &self,
        environment: &Path,
        package: &Package,
        python: &Path,
    ) -> anyhow::Result<()> {
        let python = if self.is_shared {
            shared_python::reachable(self, python).await?
        } else {
            python.to_owned()
        };
        let wanted = format!("{}=={}", package.name, package.version);
        let has_uv = python::ask("uv", &["--version"]).await.is_some();
        let inner = environment.join("bin/python");
        let mut install = if has_uv {
            let mut venv = Command::new("uv");
            venv.args(["venv", "--quiet", "--python"]).arg(&python);
            self.run(venv.arg(environment)).await?;
            let mut pip = Command::new("uv");
            pip.args([
                "pip",
                "install",
                "--quiet",
                "--compile-bytecode",
                "--python",
            ])
            .arg(&inner);
            pip
        } else {
            let mut venv = Command::new(&python);
            self.run(venv.args(["-m", "venv"]).arg(environment)).await?;
            let mut pip = Command::new(&inner);
            pip.args([
                "-m",
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
            ])
            .arg("--no-input");
            pip
        };
        self.run(install.arg(&wanted).args(package.beside)).await?;
        if self.is_shared {
            self.open_up(environment).await?;
        }
        Ok(())
    }

    /// Lets everybody read it and nobody but us change it, whatever the umask.
    pub(super) async fn open_up(&self, made: &Path) -> anyhow::Result<()> {
        let mut chmod = Command::new("chmod");
        self.run(chmod.args(["-R", "a+rX,go-w"]).arg(made)).await
    }

    /// Runs a command to its end; its last lines are the error.
    pub(super) async fn run(&self, command: &mut Command) -> anyhow::Result<()> {
        let output = command
            .stdin(self.lock.try_clone()?)
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
}

async fn installed_version(environment: &Path, package: &Package) -> Option<String> {
    let question = format!(
        "import importlib.metadata as m; print(m.version('{}'))",
        package.name
    );
    python::ask(environment.join("bin/python"), &["-c", &question]).await
}
