//! An instance, its database, the daemon's driver with the rights that it has in a cluster, and what stands in for
//! pods.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::routing::get;
use k8s_openapi::api::authentication::v1::{TokenRequest, TokenRequestSpec};
use k8s_openapi::api::core::v1::{Namespace, ServiceAccount as Account};
use kube::api::{Api, DynamicObject, ListParams, Patch, PatchParams, PostParams};
use kube::config::AuthInfo;
use kube::discovery::Discovery;
use kube::{Client, Config as Kubernetes, ResourceExt};
use provisioner_daemon::drivers::kubernetes::{
    Config, KINDS, KubernetesDriver, ServiceAccount, namespace,
};
use provisioner_daemon::jobs::ReconcileInstance;
use provisioner_daemon::runner::Runner;
use serde_json::{Value, json};
use store::daemon::instance_databases::Server;
use tokio::sync::OnceCell;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::super::helm::chart;
use super::kubelet::Kubelet;
use super::space::administrator;
use super::way::Way;
use crate::invariants;
use crate::made_up::quick;
use crate::world::{ACCOUNT, World, url};

/// Who the daemon is, as its manifest says.
pub(super) const DAEMON: &str = "system:serviceaccount:mindroom:provisioner-daemon";

/// All that a test of the driver needs.
pub(super) struct Scene {
    pub(super) world: World,
    pub(super) client: Client,
    pub(super) instance: Uuid,
    pub(super) namespace: String,
    /// From the daemon to the API server.
    pub(super) way: Way,
    chart: PathBuf,
    /// How long a connection of the next daemon may be silent.
    pub(super) silence: Option<Duration>,
    synapse: Synapse,
    pub(super) kubelet: Kubelet,
    daemon: Option<Daemon>,
}

/// A runner with the driver.
pub(super) struct Daemon {
    pub(super) runner: Runner,
    stop: CancellationToken,
}

impl Daemon {
    pub(super) async fn end(self) {
        self.stop.cancel();
        self.runner.drain().await;
    }
}

impl Scene {
    pub(super) async fn new() -> Self {
        let client = administrator().await;
        let world = World::new().await;
        let instance = world.instance(ACCOUNT, "acme").await;
        let namespace = namespace(instance);
        let mut scene = Self {
            kubelet: Kubelet::of(&client, &namespace),
            way: Way::to(Kubernetes::infer().await.unwrap()).await,
            world,
            client,
            instance,
            namespace,
            chart: chart(),
            silence: None,
            synapse: Synapse::start().await,
            daemon: None,
        };
        scene.start().await;
        scene
    }

    /// Starts the daemon.
    pub(super) async fn start(&mut self) {
        self.daemon = Some(self.daemon_by(&self.way).await);
    }

    /// A daemon that reaches the API server by this way.
    pub(super) async fn daemon_by(&self, way: &Way) -> Daemon {
        let stop = CancellationToken::new();
        let config = Config {
            domain: "example.com".to_owned(),
            databases: Server::new(&url("instance_admin", "postgres")).unwrap(),
            helm: PathBuf::from(std::env::var_os("HELM").expect("HELM")),
            chart: self.chart.clone(),
            values: json!({
                "images": {"mindroom": "ghcr.io/mindroom-ai/mindroom:2026.10.589"},
                "database": {"cidr": "198.51.100.7/32"},
            }),
            model: None,
            retention: std::time::Duration::ZERO,
            service_account: Some(
                "mindroom/provisioner-daemon"
                    .parse::<ServiceAccount>()
                    .unwrap(),
            ),
            synapse_url: self.synapse.url.clone(),
            web_url: None,
        };
        let mut kubernetes = as_daemon(&self.client).await;
        way.lead(&mut kubernetes);
        kubernetes.read_timeout = self.silence;
        let db = self.world.db.clone();
        let driver = KubernetesDriver::start(config, kubernetes, db, stop.clone());
        let handler = ReconcileInstance::new(driver.unwrap()).always_there();
        let handlers: Vec<Arc<dyn provisioner_daemon::runner::Handler>> = vec![Arc::new(handler)];
        let runner = Runner::start(
            self.world.db.clone(),
            &self.world.daemon_url(),
            handlers,
            quick(),
        );
        Daemon {
            runner: runner.unwrap(),
            stop,
        }
    }

    /// Ends the daemon.
    pub(super) async fn stop(&mut self) {
        if let Some(daemon) = self.daemon.take() {
            daemon.end().await;
        }
    }

    /// Another chart for the next daemon.
    pub(super) fn with_chart(&mut self, chart: &Path) {
        chart.clone_into(&mut self.chart);
    }

    pub(super) async fn wish(&self, change: &str) {
        self.world.wish(self.instance, change).await;
    }

    pub(super) async fn until(&self, status: &str) {
        self.world.until_settled(self.instance, status).await;
    }

    /// Made and running, with nothing left to do.
    pub(super) async fn run(&self) {
        self.look().await;
        self.until("running").await;
    }

    /// Lets the daemon look at the instance.
    pub(super) async fn look(&self) {
        self.world
            .run("select prov.enqueue_instance(id) from instances; select prov.ring(0)")
            .await;
    }

    /// Lets it look, and waits until it has.
    pub(super) async fn look_once(&self) {
        let ended: i64 = self
            .world
            .ask("select count(*) from prov.job_history")
            .await;
        self.look().await;
        self.world
            .until(&format!(
                "select count(*) > {ended} and not exists (select 1 from prov.jobs) from prov.job_history"
            ))
            .await;
    }

    /// `Kind/name uid` of all that carries the instance's label.
    pub(super) async fn objects(&self) -> Vec<String> {
        let mut found = Vec::new();
        let ours = format!("mindroom.chat/instance={}", self.instance);
        for kind in KINDS {
            let api: Api<DynamicObject> =
                Api::namespaced_with(self.client.clone(), &self.namespace, &kind.resource());
            let listed = api
                .list(&ListParams::default().labels(&ours))
                .await
                .unwrap();
            let ids = listed.iter().map(|object| {
                let uid = object.uid().unwrap_or_default();
                format!("{}/{} {uid}", kind.name, object.name_any())
            });
            found.extend(ids);
        }
        found.sort();
        found
    }

    /// The same by the daemon's own list.
    pub(super) async fn listed(&self) -> Vec<String> {
        let rows = self
            .world
            .sql
            .query(
                "select kind || '/' || name || ' ' || coalesce(uid, '') from prov.cluster_objects \
                 where instance = $1",
                &[&self.instance],
            )
            .await
            .unwrap();
        let mut listed: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
        listed.sort();
        listed
    }

    /// Whether the namespace is there.
    pub(super) async fn is_there(&self) -> bool {
        let namespaces: Api<Namespace> = Api::all(self.client.clone());
        namespaces.get_opt(&self.namespace).await.unwrap().is_some()
    }

    /// What the daemon changed in the namespace so far, by the API server's own log.
    pub(super) fn writes(&self) -> usize {
        let kubeconfig = PathBuf::from(std::env::var_os("KUBECONFIG").unwrap());
        let log = kubeconfig.with_file_name("audit").join("audit.log");
        let log = std::fs::read_to_string(log).unwrap();
        log.lines()
            .filter(|line| line.contains(DAEMON) && line.contains(&self.namespace))
            .count()
    }

    /// The invariants (design: jobs, 3.3): those of the queue, and that all there is in the namespace is listed.
    pub(super) async fn check(&self) {
        invariants::check_queue(&self.world).await;
        assert_eq!(self.listed().await, self.objects().await, "I3");
    }

    /// Removes everything, by the daemon itself.
    pub(super) async fn end(mut self) {
        self.check().await;
        self.wish("desired_state = 'deleted'").await;
        self.until("deprovisioned").await;
        assert!(!self.is_there().await);
        assert_eq!(self.listed().await, Vec::<String>::new());
        self.stop().await;
    }
}

/// The daemon's own token, after its manifest was applied.
pub(super) async fn as_daemon(client: &Client) -> Kubernetes {
    static APPLIED: OnceCell<()> = OnceCell::const_new();
    APPLIED.get_or_init(|| apply_manifest(client)).await;
    let accounts: Api<Account> = Api::namespaced(client.clone(), "mindroom");
    let request = TokenRequest {
        spec: Some(TokenRequestSpec {
            expiration_seconds: Some(3600),
            ..TokenRequestSpec::default()
        }),
        ..TokenRequest::default()
    };
    let how = PostParams::default();
    let answer = accounts.create_token_request("provisioner-daemon", &how, &request);
    let token = answer.await.unwrap().status.unwrap().token.unwrap();
    let mut config = Kubernetes::infer().await.unwrap();
    config.auth_info = AuthInfo {
        token: Some(token.into()),
        ..AuthInfo::default()
    };
    config
}

async fn apply_manifest(client: &Client) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("kubernetes/rbac.yaml");
    let manifest = std::fs::read_to_string(path).unwrap();
    let objects: Vec<Value> = serde_saphyr::from_multiple(&manifest).unwrap();
    let known = Discovery::new(client.clone()).run().await.unwrap();
    for object in objects {
        let object: DynamicObject = serde_json::from_value(object).unwrap();
        let types = object.types.clone().unwrap();
        let (kind, _) = known.resolve_gvk(&types.try_into().unwrap()).unwrap();
        let api: Api<DynamicObject> = match &object.metadata.namespace {
            Some(namespace) => Api::namespaced_with(client.clone(), namespace, &kind),
            None => Api::all_with(client.clone(), &kind),
        };
        let how = PatchParams::apply("tests").force().validation_strict();
        api.patch(&object.name_any(), &how, &Patch::Apply(&object))
            .await
            .unwrap();
    }
}

/// The one route of a homeserver that the driver calls.
struct Synapse {
    url: String,
    server: JoinHandle<()>,
}

impl Synapse {
    async fn start() -> Self {
        let register = get(|| async { Json(json!({"nonce": "n"})) })
            .post(|| async { Json(json!({"user_id": "@somebody:example.com"})) });
        let app = axum::Router::new().route("/_synapse/admin/v1/register", register);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let server = tokio::spawn(async move {
            axum::serve(listener, app).await.unwrap();
        });
        Self { url, server }
    }
}

impl Drop for Synapse {
    fn drop(&mut self) {
        self.server.abort();
    }
}
