//! A daemon as a process of its own, which can be killed or frozen: this test program, run again for one test.
//! It has the real runner, handlers and probes, and the driver of [`crate::outside`].

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child as Process, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use provisioner_daemon::drivers::Driver;
use provisioner_daemon::jobs::{MeasureUsage, ReconcileInstance};
use provisioner_daemon::probes;
use provisioner_daemon::runner::{
    Faults, Handler, JobContext, JobError, Outcome, Runner, Settings,
};
use serde::{Deserialize, Serialize};
use store::daemon::Db;
use store::daemon::instance_databases::Server;

use crate::delete_account::Subscriptions;
use crate::outside::Outside;
use crate::stripe_fake::Stripe;

const ORDERS: &str = "TEST_CHILD_ORDERS";

/// What a daemon of its own is told.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Orders {
    /// The platform's database.
    pub(crate) url: String,
    /// The folder of [`Outside`].
    pub(crate) outside: PathBuf,
    /// As [`Faults::parse`] reads them.
    pub(crate) faults: String,
    /// How long a lease holds; everything else follows from it.
    pub(crate) lease: Duration,
}

impl Orders {
    pub(crate) fn new(url: &str, outside: &Path) -> Self {
        Self {
            url: url.to_owned(),
            outside: outside.to_owned(),
            faults: String::new(),
            lease: Duration::from_secs(10),
        }
    }

    pub(crate) fn failing(mut self, faults: &str) -> Self {
        faults.clone_into(&mut self.faults);
        self
    }

    pub(crate) fn with_lease(mut self, lease: Duration) -> Self {
        self.lease = lease;
        self
    }
}

/// Times that follow from a lease, short enough for tests.
pub(crate) fn settings(lease: Duration) -> Settings {
    Settings {
        lease,
        heartbeat: lease / 8,
        lease_margin: lease / 4,
        poll: Duration::from_millis(200),
        sweep: Duration::from_millis(200),
        crash_delay: Duration::from_millis(20),
        figures: Duration::from_millis(500),
        retry: (Duration::from_millis(5), Duration::from_millis(100)),
        drain_grace: Duration::from_secs(10),
        ..Settings::default()
    }
}

/// The daemon's process; killed with the test at the latest.
pub(crate) struct Child {
    process: Process,
    pub(crate) url: String,
}

impl Child {
    pub(crate) fn start(orders: &Orders) -> Self {
        Self::start_by(Command::new(std::env::current_exe().unwrap()), orders)
    }

    /// As [`Self::start`], where something has to come before this program on the command line.
    pub(crate) fn start_by(mut command: Command, orders: &Orders) -> Self {
        let mut process = command
            .args(["--exact", "child::daemon", "--ignored", "--nocapture"])
            .env(ORDERS, serde_json::to_string(orders).unwrap())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let url = loop {
            let line = lines.next().expect("the daemon serves").unwrap();
            if let Some((_, url)) = line.split_once("Serving ") {
                break url.to_owned();
            }
        };
        // What else it prints goes nowhere, but must not fill the pipe.
        std::thread::spawn(move || lines.for_each(drop));
        Self { process, url }
    }

    fn pid(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.process.id()).unwrap())
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill(self.pid(), signal).unwrap();
    }

    /// Waits until it has ended by itself.
    pub(crate) async fn ended(&mut self) -> ExitStatus {
        let began = std::time::Instant::now();
        loop {
            if let Some(status) = self.process.try_wait().unwrap() {
                return status;
            }
            assert!(began.elapsed() < crate::world::PATIENCE, "still there");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Whether it has not ended.
    pub(crate) fn is_there(&mut self) -> bool {
        self.process.try_wait().unwrap().is_none()
    }

    /// What it measured under a name, all labels together.
    pub(crate) async fn metric(&self, name: &str) -> f64 {
        let text = self.get("/metrics").await;
        let lines = text.lines().filter(|line| {
            line.strip_prefix(name)
                .is_some_and(|rest| rest.starts_with([' ', '{']))
        });
        lines
            .filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok())
            .sum()
    }

    async fn get(&self, path: &str) -> String {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let answer = reqwest::get(format!("{}{path}", self.url)).await.unwrap();
        answer.text().await.unwrap()
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A job that ends the process as a crash does.
struct Crash;

impl Handler for Crash {
    fn kind(&self) -> &'static str {
        "crash"
    }

    fn deadline(&self) -> Duration {
        Duration::from_secs(60)
    }

    fn run<'a>(&'a self, _: &'a JobContext) -> BoxFuture<'a, Result<Outcome, JobError>> {
        async {
            // Time for others to be claimed beside it.
            tokio::time::sleep(Duration::from_millis(300)).await;
            std::process::abort()
        }
        .boxed()
    }
}

/// A job that goes on until it may not, or for the seconds in its payload, and says all the while that it does.
struct Long {
    sign: PathBuf,
}

/// The file in the folder of [`Outside`] whose age tells when a long job last worked.
pub(crate) const SIGN_OF_WORK: &str = "at-work";

impl Handler for Long {
    fn kind(&self) -> &'static str {
        "long"
    }

    fn deadline(&self) -> Duration {
        Duration::from_secs(60)
    }

    fn run<'a>(&'a self, cx: &'a JobContext) -> BoxFuture<'a, Result<Outcome, JobError>> {
        async move {
            let seconds = cx.job.payload["seconds"].as_f64().unwrap_or(f64::MAX);
            let began = std::time::Instant::now();
            while began.elapsed().as_secs_f64() < seconds {
                cx.may_go_on()?;
                std::fs::write(&self.sign, "x").unwrap();
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            Ok(Outcome::Done)
        }
        .boxed()
    }
}

/// Those of the daemon, over made-up services.
pub(crate) fn handlers(outside: &Outside, daemon_url: &str) -> Vec<Arc<dyn Handler>> {
    let driver: Arc<dyn Driver> = Arc::new(outside.clone());
    vec![
        Arc::new(ReconcileInstance::new(Arc::clone(&driver))),
        Arc::new(MeasureUsage::new(instance_databases(daemon_url), driver)),
        Arc::new(Stripe::with_a_subscription().handler()),
        Arc::new(crate::stripe_catch_up::with_a_missed_event().handler()),
        Arc::new(Subscriptions::with_one().handler()),
    ]
}

/// Where instances' databases are: on the server of the platform's own.
pub(crate) fn instance_databases(daemon_url: &str) -> Server {
    let (_, place) = daemon_url.split_once('@').unwrap();
    let (server, _) = place.split_once('/').unwrap();
    Server::new(&format!("postgres://instance_admin@{server}/postgres")).unwrap()
}

/// What runs in the child's process; not a test by itself.
#[test]
#[ignore = "the body of the daemons that other tests start"]
fn daemon() {
    let orders = std::env::var(ORDERS).expect("started by another test");
    let orders: Orders = serde_json::from_str(&orders).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(serve(orders));
}

async fn serve(orders: Orders) {
    let metrics = metrics_exporter_prometheus::PrometheusBuilder::new();
    let metrics = metrics.install_recorder().unwrap();
    let mut handlers = handlers(&Outside::new(&orders.outside), &orders.url);
    let sign = orders.outside.join(SIGN_OF_WORK);
    handlers.extend([Arc::new(Crash) as Arc<dyn Handler>, Arc::new(Long { sign })]);
    let settings = Settings {
        faults: Faults::parse(&orders.faults).unwrap(),
        ..settings(orders.lease)
    };
    let db = Db::new(&orders.url, 6).unwrap();
    let runner = Runner::start(db, &orders.url, handlers, settings).unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let app = probes::router(runner.pulse(), metrics);
    tokio::spawn(axum::serve(listener, app).into_future());
    println!("\nServing http://{address}");
    let mut terminate =
        tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()).unwrap();
    terminate.recv().await;
    runner.drain().await;
}
