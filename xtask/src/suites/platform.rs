//! A platform for the tests: `cargo xtask up` as a person would run it, on a free port with a fresh state folder.

use std::cell::RefCell;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::up::ports;
use crate::{step, workspace};

/// The first start makes the Python environments, about a minute and a half.
const READY_WITHIN: Duration = Duration::from_secs(600);
/// Drain, instances, parts, PostgreSQL.
const STOPPED_WITHIN: Duration = Duration::from_secs(90);

/// Raised for the figures; the other groups keep what api.md states.
const RATE_LIMITS: &str = "read=100000000,write=60,start=10,destructive=5";

/// All clients of a suite have one address.
const CLIENT_LIMIT: &str = "100000000";

/// What a platform for tests differs in.
#[derive(Clone)]
pub(crate) struct Settings {
    /// Requests a minute by group of routes.
    pub(crate) rate_limits: &'static str,
    /// The gateway's port; a free one where none is given.
    pub(crate) port: Option<u16>,
    /// Variables of `up`: what it uses in place of its own parts.
    pub(crate) variables: Vec<(&'static str, String)>,
    /// More arguments of `up`.
    pub(crate) arguments: Vec<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            rate_limits: RATE_LIMITS,
            port: None,
            variables: Vec::new(),
            arguments: Vec::new(),
        }
    }
}

/// A running platform.
pub(crate) struct Platform {
    port: u16,
    state: PathBuf,
    settings: Settings,
    up: RefCell<Child>,
}

/// The Python environments, shared by all tests: made once, they are the same for every instance.
pub(crate) fn runtimes() -> PathBuf {
    workspace::target().join("runtimes")
}

impl Platform {
    /// Starts it and awaits `ready`.
    pub(crate) fn start(settings: Settings) -> Result<Self> {
        // a folder of its own for each run, where PostgreSQL's user can pass
        let state = std::env::temp_dir().join(format!("mindroom-test-{}", std::process::id()));
        let port = settings.port.map_or_else(ports::find_free, Ok)?;
        let up = spawn(port, &state, &settings)?;
        let platform = Self {
            port,
            state,
            settings,
            up: RefCell::new(up),
        };
        platform.ready()?;
        Ok(platform)
    }

    /// Stops it as Ctrl-C does and starts it again on the same folder; answers how long that start took.
    pub(crate) fn restart(&self) -> Result<Duration> {
        self.end()?;
        let started = Instant::now();
        *self.up.borrow_mut() = spawn(self.port, &self.state, &self.settings)?;
        self.ready()?;
        let took = started.elapsed();
        println!("up on a warm checkout: ready in {took:.1?}");
        Ok(took)
    }

    /// Kills `up` alone, as no `up` can help, and starts another one on what that leaves behind.
    pub(crate) fn kill_and_start(&self) -> Result<()> {
        {
            let mut up = self.up.borrow_mut();
            up.kill()?;
            up.wait()?;
        }
        *self.up.borrow_mut() = spawn(self.port, &self.state, &self.settings)?;
        self.ready()
    }

    /// The gateway's port.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// What `up` has said since it was last started.
    pub(crate) fn says(&self) -> String {
        std::fs::read_to_string(log(&self.state)).unwrap_or_default()
    }

    /// Stops it for good; what it said stays where it did not end well.
    pub(crate) fn stop(&self) -> Result<()> {
        self.end()?;
        std::fs::remove_file(log(&self.state)).context("remove the log of `up`")?;
        std::fs::remove_dir_all(&self.state).context("remove the test's state folder")
    }

    /// Tells a suite where the platform is.
    pub(crate) fn describe<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command.env("MINDROOM_ADDRESSES", self.state.join("addresses.json"))
    }

    /// The folder that it keeps everything in.
    pub(crate) fn state(&self) -> &PathBuf {
        &self.state
    }

    fn ready(&self) -> Result<()> {
        let step = step::Progress::start("starting the platform");
        let addresses = self.state.join("addresses.json");
        let started = Instant::now();
        while started.elapsed() < READY_WITHIN {
            let output = self.says();
            if output.lines().any(|line| line.starts_with("ready")) && addresses.exists() {
                step.done();
                let mut lines = output.lines().map(str::trim_start);
                if let Some(database) = lines.find_map(|line| line.strip_prefix("database")) {
                    println!("{}", database.trim());
                }
                return Ok(());
            }
            if let Some(status) = self.up.borrow_mut().try_wait()? {
                step.fail();
                bail!("up ended ({status}):\n{output}");
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        step.fail();
        bail!(
            "up is not ready within {READY_WITHIN:?}; see {}",
            log(&self.state).display()
        )
    }

    fn end(&self) -> Result<()> {
        let mut up = self.up.borrow_mut();
        if up.try_wait()?.is_none() {
            kill(Pid::from_raw(i32::try_from(up.id())?), Signal::SIGINT)?;
        }
        let started = Instant::now();
        while started.elapsed() < STOPPED_WITHIN {
            if let Some(status) = up.try_wait()? {
                if !status.success() {
                    bail!(
                        "up ended with {status} after Ctrl-C; see {}",
                        log(&self.state).display()
                    );
                }
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        bail!("up did not end within {STOPPED_WITHIN:?} after Ctrl-C")
    }
}

impl Drop for Platform {
    /// A suite failed: nothing may be left running.
    fn drop(&mut self) {
        if let Err(error) = self.end() {
            eprintln!("{error:#}");
        }
    }
}

/// Runs an `up` that is to be refused, and answers what it says.
pub(crate) fn refused(port: u16, state: &Path, settings: &Settings) -> Result<String> {
    let output = command(port, state, settings)?
        .output()
        .context("start `cargo xtask up`")?;
    if output.status.success() {
        bail!("`up` on {} is not refused", state.display());
    }
    Ok(String::from_utf8_lossy(&output.stderr).into_owned())
}

/// One for each state folder, since platforms of several suites run at once.
fn log(state: &Path) -> PathBuf {
    let name = state.file_name().unwrap_or_default().to_string_lossy();
    workspace::target().join(format!("logs/{name}.log"))
}

fn spawn(port: u16, state: &Path, settings: &Settings) -> Result<Child> {
    std::fs::create_dir_all(workspace::target().join("logs"))?;
    let output = File::create(log(state))?;
    command(port, state, settings)?
        .stderr(output.try_clone()?)
        .stdout(output)
        .spawn()
        .context("start `cargo xtask up`")
}

fn command(port: u16, state: &Path, settings: &Settings) -> Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command
        .current_dir(workspace::root())
        .args([
            "up",
            "--port",
            &port.to_string(),
            "--rate-limits",
            settings.rate_limits,
            "--client-limit",
            CLIENT_LIMIT,
            "--state-dir",
        ])
        .arg(state)
        .args(&settings.arguments)
        .env("MINDROOM_RUNTIMES_DIR", runtimes())
        .envs(settings.variables.iter().cloned())
        .stdin(Stdio::null());
    Ok(command)
}
