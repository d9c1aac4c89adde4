//! Instances in a Kubernetes cluster: the chart rendered by Helm, its objects applied by the daemon itself.
//!
//! What was applied is listed in the database, what is there is known from watches: an instance that is as it was
//! wished costs neither a process nor a write.

mod account;
mod cluster;
mod ends;
mod index;
mod manifest;
mod objects;
mod reach;
mod render;
mod space;
mod troubles;
mod values;
mod watch;

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use domain::Wish;
use futures::FutureExt;
use futures::future::BoxFuture;
use serde_json::{Value, json};
use store::daemon::Db;
use store::daemon::cluster_objects::{self, ClusterObject};
use store::daemon::instance_databases::Server;
use store::daemon::instances::Instance;
use tokio::sync::{Mutex, Notify, OnceCell};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::local::{Model, synapse};
use super::{
    Driver, DriverError, Observed, PAUSED, Progress, Step, Work, mindroom_title, sign_ins,
};
use cluster::{CallError, Cluster};
use index::{Index, Live};
pub use manifest::{KINDS, Kind};
use reach::Sight;
use render::Renderer;
use space::Space;
use troubles::Trouble;

/// How soon a step that waits for pods is looked at again, at first and later; the watches tell when they run.
const SOON: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));
/// Databases that lie ready for new instances.
const SPARES: usize = 4;
/// How soon a namespace that is being removed is looked at again.
const LATER: Duration = Duration::from_secs(3);

const SPACE: &str = "space";
const DATABASE: &str = "database";
const OBJECTS: &str = "objects";
const HOMESERVER: &str = "homeserver";
const ACCOUNT: &str = "account";
const MINDROOM: &str = "mindroom";
const CHECK: &str = "check";
const STOP: &str = "stop";
const DATA: &str = "data";
const GONE: &str = "gone";

/// The chart's workloads: kind and name.
const SYNAPSE_SET: (&str, &str) = ("StatefulSet", "synapse");
const MINDROOM_SET: (&str, &str) = ("Deployment", "mindroom");
/// Their Services.
const SYNAPSE_SERVICE: (&str, &str) = ("Service", "synapse");
const MINDROOM_SERVICE: (&str, &str) = ("Service", "mindroom");

/// What the driver is told.
#[derive(Debug, Clone)]
pub struct Config {
    /// Instances' hosts are names under it.
    pub domain: String,
    /// Where instances' databases are, by an address that holds for the daemon and for pods.
    pub databases: Server,
    /// Helm's program.
    pub helm: PathBuf,
    /// The folder of the chart.
    pub chart: PathBuf,
    /// The operator's values for all instances: images, ingress, how the database is reached.
    pub values: Value,
    /// An OpenAI-compatible model provider.
    pub model: Option<Model>,
    /// How long a deleted instance's data is kept.
    pub retention: Duration,
    /// Who the daemon is in the cluster; it binds its role to this in each namespace. `None`: somebody with rights
    /// everywhere.
    pub service_account: Option<ServiceAccount>,
    /// How an instance's homeserver is reached, with its `{namespace}` or its Service's `{address}` in it.
    pub synapse_url: String,
    /// How its dashboard is, in the same words. `None`: nobody reaches it from here, as in a cluster whose own
    /// ingress leads there.
    pub web_url: Option<String>,
}

/// A service account.
#[derive(Debug, Clone)]
pub struct ServiceAccount {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

impl std::str::FromStr for ServiceAccount {
    type Err = anyhow::Error;

    /// Reads `namespace/name`.
    fn from_str(text: &str) -> anyhow::Result<Self> {
        let (namespace, name) = text.split_once('/').context("not namespace/name")?;
        Ok(Self {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
        })
    }
}

/// The namespace of an instance.
pub fn namespace(instance: Uuid) -> String {
    format!("instance-{instance}")
}

/// The driver.
pub struct KubernetesDriver {
    config: Config,
    cluster: Arc<Cluster>,
    kube_version: OnceCell<String>,
    renderer: Renderer,
    /// Instances in whose namespaces our rights are known to hold.
    entered: Mutex<HashSet<Uuid>>,
    /// Instances whose database was seen to be there.
    has_database: Mutex<HashSet<Uuid>>,
    /// That a spare database may have been taken.
    has_taken: Arc<Notify>,
    index: Arc<Index>,
    db: Db,
    http: reqwest::Client,
}

impl KubernetesDriver {
    /// Watches from now on; a cluster that is away is waited for.
    pub fn start(
        config: Config,
        kubernetes: kube::Config,
        db: Db,
        stop: CancellationToken,
    ) -> anyhow::Result<Arc<Self>> {
        let cluster = Arc::new(Cluster::new(kubernetes).context("make a client of the cluster")?);
        let renderer = Renderer::new(config.helm.clone(), config.chart.clone())
            .with_context(|| format!("read the chart {}", config.chart.display()))?;
        let index = Arc::new(Index::default());
        let watches = watch::run(
            Arc::clone(&cluster),
            Arc::clone(&index),
            db.clone(),
            stop.clone(),
        );
        tokio::spawn(watches);
        let has_taken = Arc::new(Notify::new());
        tokio::spawn(stock(
            config.databases.clone(),
            Arc::clone(&has_taken),
            stop.clone(),
        ));
        tokio::spawn(sign_ins::watch(config.databases.clone(), db.clone(), stop));
        let http = reqwest::Client::builder()
            .timeout(Duration::from_secs(5))
            .no_proxy()
            .build()?;
        Ok(Arc::new(Self {
            config,
            cluster,
            kube_version: OnceCell::new(),
            renderer,
            entered: Mutex::default(),
            has_database: Mutex::default(),
            has_taken,
            index,
            db,
            http,
        }))
    }

    async fn kube_version(&self) -> Result<&str, CallError> {
        let asked = self.kube_version.get_or_try_init(|| self.cluster.version());
        Ok(asked.await?)
    }

    /// What an instance's values lead to, as one word.
    async fn digest(&self, values: &Value) -> Result<String, CallError> {
        Ok(self.renderer.digest(values, self.kube_version().await?))
    }

    fn part(&self, instance: Uuid, (kind, name): (&str, &str)) -> Option<Live> {
        self.index.find(instance, Kind::find(kind)?, name)
    }

    /// Whether a part of an instance that is to run is as it is to be: up, but MindRoom's while its agents are paused.
    fn has(&self, instance: &Instance, part: (&str, &str)) -> bool {
        let rests = instance.is_ai_paused && part == MINDROOM_SET;
        let live = self.part(instance.id, part);
        live.is_some_and(|live| live.is_ready && live.is_up != rests)
    }

    /// Whether a part runs, or what is in the way.
    async fn runs(&self, instance: &Instance, part: (&str, &str)) -> Result<Progress, CallError> {
        if self.has(instance, part) {
            return Ok(Progress::Done);
        }
        let mut trouble = self.index.trouble(instance.id);
        if trouble.is_none() && self.lacks_pods(instance.id, part) {
            trouble = self.refusal(instance.id, part).await?;
        }
        Ok(trouble.map_or_else(|| soon(instance), Trouble::progress))
    }

    fn lacks_pods(&self, instance: Uuid, part: (&str, &str)) -> bool {
        self.part(instance, part).is_some_and(|live| live.is_bare)
    }

    fn is_partly_up(&self, instance: Uuid) -> bool {
        let parts = [SYNAPSE_SET, MINDROOM_SET];
        let mut parts = parts.iter().filter_map(|part| self.part(instance, *part));
        parts.any(|live| live.is_up)
    }

    async fn step(&self, step: Step, work: &Work<'_>) -> Result<Progress, DriverError> {
        let instance = work.instance;
        match step.name {
            SPACE => self.ensure_room(instance).await,
            DATABASE => {
                let (made, ()) = tokio::join!(self.ensure_database(work), self.render_ahead(work));
                made?;
                Ok(Progress::Done)
            }
            OBJECTS => {
                self.ensure_objects(work).await?;
                Ok(Progress::Done)
            }
            HOMESERVER => Ok(self.runs(instance, SYNAPSE_SET).await?),
            ACCOUNT => self.ensure_account(work).await,
            MINDROOM => Ok(self.runs(instance, MINDROOM_SET).await?),
            STOP => self.ensure_stopped(work).await,
            DATA => self.ensure_data_gone(work).await,
            CHECK => Ok(match self.look(instance).await? {
                observed if observed.is_settled => Progress::Done,
                _ => soon(instance),
            }),
            _ => self.ensure_gone(work).await,
        }
    }

    async fn ensure_database(&self, work: &Work<'_>) -> Result<(), DriverError> {
        let instance = work.instance.id;
        let has_crashed = self.index.trouble(instance) == Some(Trouble::Crash);
        // A look at pods that are on their way costs the server nothing.
        if !has_crashed && self.has_database.lock().await.contains(&instance) {
            return Ok(());
        }
        let password = work
            .secret("database_password", synapse::random_hex)
            .await?;
        let not_made = |error| DriverError::transient("The database could not be made.", error);
        let databases = &self.config.databases;
        databases
            .ensure(instance, &password)
            .await
            .map_err(not_made)?;
        // One of the reasons why Synapse ends again and again.
        if has_crashed {
            let renewed = databases.renew_unfinished(instance, &password).await;
            renewed.map_err(not_made)?;
        }
        self.has_database.lock().await.insert(instance);
        self.has_taken.notify_one();
        Ok(())
    }

    async fn ensure_room(&self, instance: &Instance) -> Result<Progress, DriverError> {
        if self.space(instance.id).await? == Space::Ending {
            let reason = "What was there before is still being removed.".to_owned();
            return Ok(Progress::Held(LATER, reason));
        }
        self.ensure_space(instance.id).await?;
        Ok(Progress::Done)
    }

    async fn look(&self, instance: &Instance) -> Result<Observed, DriverError> {
        let id = instance.id;
        // What the watches told before is no word on how it is now.
        let reach = self.cluster.reach();
        let unseen = |outage| DriverError::away(cluster::AWAY, outage, anyhow::anyhow!("not seen"));
        reach.admit().map_err(unseen)?;
        if !self.index.is_complete() {
            return Err(unseen(reach.outage()));
        }
        let is_partly_up = self.is_partly_up(id);
        let listed = cluster_objects::list(&self.db, id)
            .await
            .map_err(objects::away)?;
        let is_settled = match instance.wish {
            Wish::Deleted => listed.is_empty() && self.space(id).await? == Space::None,
            Wish::Stopped if listed.is_empty() => true,
            Wish::Stopped => !is_partly_up && self.is_as_applied(instance, &listed).await?,
            Wish::Running => {
                [SYNAPSE_SET, MINDROOM_SET]
                    .iter()
                    .all(|part| self.has(instance, *part))
                    && self.is_as_applied(instance, &listed).await?
            }
        };
        Ok(Observed {
            is_settled,
            is_partly_up,
            internal_urls: self.internal_urls(instance),
            owner_matrix_id: Some(values::owner_matrix_id(&self.config, instance)),
            mindroom_version: self.version("mindroom"),
            synapse_version: self.version("synapse"),
            notice: instance.is_ai_paused.then(|| PAUSED.to_owned()),
            ..Observed::default()
        })
    }

    /// Whether something in the cluster is to be changed.
    async fn is_due(&self, instance: &Instance) -> Result<bool, DriverError> {
        let listed = cluster_objects::list(&self.db, instance.id)
            .await
            .map_err(objects::away)?;
        let is_workload =
            |one: &ClusterObject| Kind::find(&one.kind).is_some_and(Kind::is_workload);
        Ok(match instance.wish {
            Wish::Deleted => listed.iter().any(is_workload),
            Wish::Stopped if listed.is_empty() => false,
            _ => !self.is_as_applied(instance, &listed).await?,
        })
    }

    /// Where the gateway and the health checks find its parts.
    fn internal_urls(&self, instance: &Instance) -> Value {
        let mut urls = json!({"matrix": self.synapse_url(instance.id)});
        if let Some(template) = self
            .config
            .web_url
            .as_ref()
            .filter(|_| !instance.is_ai_paused)
        {
            urls["web"] = self.url(template, instance.id, MINDROOM_SERVICE).into();
        }
        urls
    }

    fn synapse_url(&self, instance: Uuid) -> String {
        self.url(&self.config.synapse_url, instance, SYNAPSE_SERVICE)
    }

    /// Without an address before the Service has been seen to have one: then nothing answers there either.
    fn url(&self, template: &str, instance: Uuid, service: (&str, &str)) -> String {
        let service = self.part(instance, service);
        let address = service.and_then(|live| live.address).unwrap_or_default();
        template
            .replace("{namespace}", &namespace(instance))
            .replace("{address}", &address)
    }

    /// What is behind the colon of an image that the operator chose.
    fn version(&self, image: &str) -> Option<String> {
        let image = self.config.values["images"][image].as_str()?;
        let (_, version) = image.rsplit_once(':')?;
        Some(version.to_owned())
    }
}

/// Keeps spare databases until told to stop. Who finds none makes one for itself.
async fn stock(databases: Server, has_taken: Arc<Notify>, stop: CancellationToken) {
    loop {
        if let Err(error) = databases.stock(SPARES).await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "there are no spare databases"
            );
        }
        tokio::select! {
            () = has_taken.notified() => {}
            () = stop.cancelled() => return,
        }
    }
}

/// Looks again, less often the longer it takes.
fn soon(instance: &Instance) -> Progress {
    let age = Duration::from_secs_f64(instance.status_age_s.max(0.0));
    Progress::Waiting((age / 4).clamp(SOON.0, SOON.1))
}

impl Driver for KubernetesDriver {
    fn obstacle(&self) -> Option<&'static str> {
        let is_there = *self.cluster.reach().sight().borrow() == Sight::There;
        (!is_there).then_some("the cluster does not answer")
    }

    fn raise_anchor<'a>(&'a self, work: &'a Work<'a>) -> BoxFuture<'a, Result<i64, DriverError>> {
        async move {
            let instance = work.instance;
            match (self.space(instance.id).await?, instance.wish) {
                // Nothing can be changed where nothing is, or where everything is on its way out.
                (Space::Ending, _) | (Space::None, Wish::Deleted | Wish::Stopped) => {
                    Ok(work.claim.fence)
                }
                (Space::None, Wish::Running) => {
                    self.ensure_space(instance.id).await?;
                    self.raise(work).await
                }
                (Space::There, _) => {
                    self.enter(instance.id).await?;
                    // A look that changes nothing does not even leave its mark.
                    if self.is_due(instance).await? {
                        self.raise(work).await
                    } else {
                        Ok(self.raised(instance.id).await?.1)
                    }
                }
            }
        }
        .boxed()
    }

    fn plan(&self, instance: &Instance, wish: Wish) -> Vec<Step> {
        let step = |name, title| Step { name, title };
        match wish {
            Wish::Stopped => vec![step(STOP, "Stop the pods")],
            Wish::Deleted => vec![
                step(STOP, "Stop the pods"),
                step(DATA, "Remove the database"),
                step(GONE, "Remove the volumes and everything else"),
            ],
            Wish::Running => {
                let is_first = instance.owner_matrix_id.is_none();
                let title = |first, later| if is_first { first } else { later };
                vec![
                    step(SPACE, title("Make room for it", "Look at its room")),
                    step(
                        DATABASE,
                        title("Create the database", "Look at the database"),
                    ),
                    step(OBJECTS, title("Create its parts", "Look at its parts")),
                    step(HOMESERVER, "Start the Matrix homeserver"),
                    step(
                        ACCOUNT,
                        title("Create your Matrix account", "Look at your Matrix account"),
                    ),
                    step(MINDROOM, mindroom_title(instance)),
                    step(CHECK, "Check that it answers"),
                ]
            }
        }
    }

    fn ensure<'a>(
        &'a self,
        step: Step,
        work: &'a Work<'a>,
    ) -> BoxFuture<'a, Result<Progress, DriverError>> {
        self.step(step, work).boxed()
    }

    fn observe<'a>(
        &'a self,
        instance: &'a Instance,
    ) -> BoxFuture<'a, Result<Observed, DriverError>> {
        self.look(instance).boxed()
    }
}
