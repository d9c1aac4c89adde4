//! A platform for the tests: `cargo xtask up` as a person would run it, on a free port with a fresh state folder.

use std::cell::RefCell;
use std::fs::File;
use std::path::PathBuf;
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
    /// The owner's address of another database than the private one.
    pub(crate) database_url: Option<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            rate_limits: RATE_LIMITS,
            database_url: None,
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
        let port = ports::find_free()?;
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

    /// Stops it as Ctrl-C does and starts it again on the same folder.
    pub(crate) fn restart(&self) -> Result<()> {
        self.end()?;
        let started = Instant::now();
        *self.up.borrow_mut() = spawn(self.port, &self.state, &self.settings)?;
        self.ready()?;
        println!("up on a warm checkout: ready in {:.1?}", started.elapsed());
        Ok(())
    }

    /// Stops it for good.
    pub(crate) fn stop(&self) -> Result<()> {
        self.end()?;
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
            let output = std::fs::read_to_string(log()).unwrap_or_default();
            if output.lines().any(|line| line.starts_with("ready")) && addresses.exists() {
                step.done();
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
            log().display()
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
                        log().display()
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

fn log() -> PathBuf {
    workspace::target().join("logs/test-up.log")
}

fn spawn(port: u16, state: &PathBuf, settings: &Settings) -> Result<Child> {
    std::fs::create_dir_all(workspace::target().join("logs"))?;
    let output = File::create(log())?;
    Command::new(std::env::current_exe()?)
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
        .env("MINDROOM_RUNTIMES_DIR", runtimes())
        .envs(
            settings
                .database_url
                .iter()
                .map(|url| ("DATABASE_URL", url)),
        )
        .stdin(Stdio::null())
        .stderr(output.try_clone()?)
        .stdout(output)
        .spawn()
        .context("start `cargo xtask up`")
}
