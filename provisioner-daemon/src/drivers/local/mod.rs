//! One Synapse and one MindRoom per instance, as processes of this machine. Users and control groups hold them
//! apart where the machine has them, but the network is one: no isolation boundary.

mod anchor;
mod confinement;
mod database;
mod deaths;
mod files;
mod groups;
mod home;
mod isolation;
mod kept;
mod liveness;
mod lock;
mod logs;
mod mindroom;
pub(super) mod owner;
mod ports;
mod process;
mod processes;
mod python;
mod room;
mod runtimes;
mod shared_python;
mod sizes;
pub(super) mod synapse;
mod tidy;
mod troubles;
mod up;
mod users;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use domain::Wish;
use futures::FutureExt;
use futures::future::BoxFuture;
use store::daemon::Db;
use store::daemon::instance_databases::Server;
use store::daemon::instances::Instance;
use tokio_util::sync::CancellationToken;
use url::Url;
use uuid::Uuid;

use super::{Driver, DriverError, Observed, Progress, Step, Work, mindroom_title, sign_ins};
pub use files::state_dir;
use home::Home;
use isolation::Isolation;
pub use lock::Lock;
pub use mindroom::MODEL_ID;
use processes::{Part, Processes};
use runtimes::Runtimes;
pub use runtimes::{Installed, folder as runtimes_folder, install, requirements};
pub use tidy::stop_instances;

/// How soon a step that waits for a process is looked at again.
const SOON: Duration = Duration::from_millis(250);

const DATABASE: &str = "database";
const HOMESERVER: &str = "homeserver";
const ACCOUNT: &str = "account";
const MINDROOM: &str = "mindroom";
const CHECK: &str = "check";
const STOP: &str = "stop";
const DATA: &str = "data";
const FILES: &str = "files";

/// What the local driver is told.
#[derive(Debug, Clone)]
pub struct Config {
    /// Holds runtimes and instances.
    pub state_dir: PathBuf,
    /// Where people reach the platform; instances' hosts are names under its host.
    pub public_url: Url,
    /// Where instances' databases are.
    pub databases: Server,
    /// An OpenAI-compatible model provider.
    pub model: Option<Model>,
    /// How long a deleted instance's data is kept.
    pub retention: Duration,
    /// Whether an instance without MindRoom is an error.
    pub is_mindroom_required: bool,
    /// A control group that was handed over to us, for those of instances.
    pub cgroup: Option<PathBuf>,
}

/// An OpenAI-compatible model provider.
#[derive(Clone)]
pub struct Model {
    /// Its base URL, ending in `/v1` as a rule.
    pub url: String,
    /// Its key.
    pub key: String,
    /// What new instances ask for, by the provider's name of it.
    pub id: String,
}

impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Model")
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

/// The driver.
pub struct LocalDriver {
    config: Config,
    runtimes: Runtimes,
    isolation: Isolation,
    processes: Processes,
    http: reqwest::Client,
    /// Held as long as this lives.
    _lock: Lock,
}

impl LocalDriver {
    /// Starts installing what is missing, and takes over the processes that an earlier daemon started.
    pub fn start(
        config: Config,
        lock: Lock,
        db: Db,
        stop: CancellationToken,
    ) -> anyhow::Result<Arc<Self>> {
        let instances = config.state_dir.join("instances");
        files::state_dir(&config.state_dir)?;
        files::state_dir(&instances)?;
        let folder = runtimes::folder(&config.state_dir);
        files::public_dir(&folder)?;
        let isolation = Isolation::find(&instances, &folder, config.cgroup.as_deref());
        let runtimes = Runtimes::start(&folder, config.is_mindroom_required, stop.clone());
        let processes = Processes::adopt(&instances)?.in_groups(isolation.groups().cloned());
        let http = reqwest::Client::builder()
            .timeout(Duration::from_secs(2))
            .no_proxy()
            .build()?;
        let driver = Arc::new(Self {
            config,
            runtimes,
            isolation,
            processes,
            http,
            _lock: lock,
        });
        tokio::spawn(liveness::run(Arc::clone(&driver), db.clone(), stop.clone()));
        tokio::spawn(sign_ins::watch(
            driver.config.databases.clone(),
            db.clone(),
            stop.clone(),
        ));
        tokio::spawn(tidy::run(Arc::clone(&driver), db, stop));
        Ok(driver)
    }

    fn home(&self, instance: &Instance) -> Home {
        Home::new(&self.config, instance)
    }

    /// What is installed, or how to go on without.
    fn installed(&self) -> Result<Installed, Progress> {
        match self.runtimes.state() {
            runtimes::State::Ready(installed) => Ok(installed),
            runtimes::State::Installing(what) => {
                Err(Progress::Held(Duration::from_millis(500), what))
            }
            runtimes::State::Failed(why) => Err(Progress::Trouble(Duration::from_secs(2), why)),
        }
    }

    fn ensure_stopped(&self, home: &Home) -> Progress {
        let stopped = Part::ALL.map(|part| self.processes.stop(home.id, part));
        if stopped.iter().all(|stopped| *stopped) && self.isolation.end_rest(home) {
            Progress::Done
        } else {
            Progress::Waiting(SOON)
        }
    }

    async fn ensure_data_gone(&self, instance: &Instance) -> Result<Progress, DriverError> {
        let kept_for = Duration::from_secs_f64(instance.status_age_s.max(0.0));
        let left = self.config.retention.saturating_sub(kept_for);
        if instance.status == domain::InstanceStatus::Deprovisioning && !left.is_zero() {
            let reason = "Its data is kept for a while before it is removed.".to_owned();
            return Ok(Progress::Held(left.min(Duration::from_hours(1)), reason));
        }
        self.config
            .databases
            .remove(instance.id)
            .await
            .map_err(|error| {
                DriverError::transient("The database could not be removed yet.", error)
            })?;
        Ok(Progress::Done)
    }

    fn ensure_files_gone(&self, home: &Home) -> Result<Progress, DriverError> {
        self.isolation.remove(home).map_err(|error| {
            DriverError::transient("The files could not be removed yet.", error)
        })?;
        Ok(Progress::Done)
    }
}

impl Driver for LocalDriver {
    fn raise_anchor<'a>(&'a self, work: &'a Work<'a>) -> BoxFuture<'a, Result<i64, DriverError>> {
        let dir = self.home(work.instance).dir;
        let fence = match anchor::raise(&dir, work.claim.fence) {
            // Then nothing is made either (`ensure_up` looks again), but what is there can be stopped and removed.
            Err(error) if room::is_missing(&error) => Ok(work.claim.fence),
            noted => noted.map_err(|error| {
                DriverError::transient("The disk of the platform is in trouble.", error)
            }),
        };
        async move { fence }.boxed()
    }

    fn plan(&self, instance: &Instance, wish: Wish) -> Vec<Step> {
        let step = |name, title| Step { name, title };
        match wish {
            Wish::Stopped => vec![step(STOP, "Stop the processes")],
            Wish::Deleted => vec![
                step(STOP, "Stop the processes"),
                step(DATA, "Remove the database"),
                step(FILES, "Remove the files"),
            ],
            Wish::Running => {
                let is_first = instance.owner_matrix_id.is_none();
                let title = |first, later| if is_first { first } else { later };
                let mut steps = vec![
                    step(
                        DATABASE,
                        title("Create the database", "Look at the database"),
                    ),
                    step(HOMESERVER, "Start the Matrix homeserver"),
                    step(
                        ACCOUNT,
                        title("Create your Matrix account", "Look at your Matrix account"),
                    ),
                ];
                if self.runtimes.expects_mindroom() {
                    steps.push(step(MINDROOM, mindroom_title(instance)));
                }
                steps.push(step(CHECK, "Check that it answers"));
                steps
            }
        }
    }

    fn ensure<'a>(
        &'a self,
        step: Step,
        work: &'a Work<'a>,
    ) -> BoxFuture<'a, Result<Progress, DriverError>> {
        async move {
            let home = self.home(work.instance);
            match step.name {
                STOP => Ok(self.ensure_stopped(&home)),
                DATA => self.ensure_data_gone(work.instance).await,
                FILES => self.ensure_files_gone(&home),
                _ => self.ensure_up(step, work).await,
            }
        }
        .boxed()
    }

    fn repair<'a>(&'a self, work: &'a Work<'a>) -> BoxFuture<'a, Result<(), DriverError>> {
        for part in Part::ALL {
            if self.processes.is_silent(work.instance.id, part) {
                self.processes.stop(work.instance.id, part);
            }
        }
        futures::future::ready(Ok(())).boxed()
    }

    fn files_bytes(&self, instance: Uuid) -> BoxFuture<'_, anyhow::Result<u64>> {
        let dir = home::dir(&self.config, instance);
        let walk = tokio::task::spawn_blocking(move || sizes::bytes_below(&dir));
        async move { Ok(walk.await??) }.boxed()
    }

    fn observe<'a>(
        &'a self,
        instance: &'a Instance,
    ) -> BoxFuture<'a, Result<Observed, DriverError>> {
        async move {
            let home = self.home(instance);
            let is_up = Part::ALL
                .iter()
                .any(|part| self.processes.is_up(home.id, *part));
            match (instance.wish, self.installed()) {
                (Wish::Running, Ok(installed)) => {
                    let installed = installed.for_instance(instance);
                    Ok(self.observe_up(instance, &home, &installed).await)
                }
                (Wish::Running, Err(_)) => Ok(Observed {
                    is_partly_up: is_up,
                    ..Observed::default()
                }),
                (Wish::Stopped, _) => Ok(Observed {
                    is_settled: !is_up,
                    is_partly_up: is_up,
                    ..Observed::default()
                }),
                (Wish::Deleted, _) => Ok(Observed {
                    is_settled: !is_up && !home.dir.exists(),
                    is_partly_up: is_up,
                    ..Observed::default()
                }),
            }
        }
        .boxed()
    }
}
