//! The software for instances: when it cannot be fetched, and when its installation is interrupted.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use axum::extract::{Path as Name, State as Extract};
use axum::http::StatusCode;
use axum::response::Html;
use axum::routing::get;
use tokio::sync::watch;

use super::made_up::{packages, run, write_package};
use super::{Stage, wait_for};

/// A package index with all that the daemon asks for, made up.
#[derive(Clone)]
struct Index {
    wheels: PathBuf,
    /// How often a package was asked for.
    asked: Arc<AtomicU32>,
    /// Whether it hands out files; until then who wants one waits.
    hands_out: watch::Sender<bool>,
}

impl Index {
    fn new(folder: &Path) -> Self {
        for (name, version) in packages() {
            let content = folder.join(format!("content-{name}"));
            write_package(&content, &name, &version);
            let wheel = folder.join(wheel(&name, &version));
            // A wheel is a zip file with another ending.
            let pack = "import shutil, sys, os; shutil.make_archive(sys.argv[1], 'zip', sys.argv[2]); \
                        os.rename(sys.argv[1] + '.zip', sys.argv[1])";
            run(Command::new("python3")
                .args(["-c", pack])
                .args([&wheel, &content]));
        }
        Self {
            wheels: folder.to_owned(),
            asked: Arc::default(),
            hands_out: watch::Sender::new(true),
        }
    }

    async fn serve(self, address: SocketAddr) {
        let app = axum::Router::new()
            .route("/simple/{name}/", get(Self::list))
            .route("/files/{name}", get(Self::hand_out))
            .with_state(self);
        let listener = tokio::net::TcpListener::bind(address).await.unwrap();
        tokio::spawn(axum::serve(listener, app).into_future());
    }

    #[expect(clippy::unused_async, reason = "handlers of axum are asynchronous")]
    async fn list(
        Extract(index): Extract<Self>,
        Name(name): Name<String>,
    ) -> (StatusCode, Html<String>) {
        index.asked.fetch_add(1, Ordering::SeqCst);
        let found = packages().into_iter().find(|(known, _)| *known == name);
        match found {
            Some((name, version)) => {
                let wheel = wheel(&name, &version);
                (
                    StatusCode::OK,
                    Html(format!("<a href=\"/files/{wheel}\">{wheel}</a>")),
                )
            }
            None => (StatusCode::NOT_FOUND, Html(String::new())),
        }
    }

    async fn hand_out(Extract(index): Extract<Self>, Name(name): Name<String>) -> Vec<u8> {
        let mut hands_out = index.hands_out.subscribe();
        hands_out.wait_for(|hands_out| *hands_out).await.unwrap();
        std::fs::read(index.wheels.join(name)).unwrap()
    }
}

fn wheel(name: &str, version: &str) -> String {
    format!("{}-{version}-py3-none-any.whl", name.replace('-', "_"))
}

/// The daemon's command, with the index at that address and none else.
fn command(stage: &Stage, folder: &Path, address: SocketAddr) -> Command {
    let mut command = stage.command();
    let index = format!("http://{address}/simple/");
    command
        .env("MINDROOM_RUNTIMES_DIR", folder)
        .env("PIP_CONFIG_FILE", "/dev/null")
        .env("PIP_FIND_LINKS", "")
        .env("PIP_NO_CACHE_DIR", "1")
        .env("PIP_INDEX_URL", &index)
        .env("PIP_RETRIES", "0")
        .env("UV_NO_CACHE", "1")
        .env("UV_DEFAULT_INDEX", &index)
        .env("UV_HTTP_RETRIES", "0");
    command
}

fn free_address() -> SocketAddr {
    ([127, 0, 0, 1], test_postgres::free_port()).into()
}

/// Whole environments in a folder, and all folders that begin as theirs do.
fn environments(folder: &Path) -> (usize, usize) {
    let entries = std::fs::read_dir(folder).unwrap().flatten();
    let names: Vec<String> = entries
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| name.starts_with("matrix-synapse-") || name.starts_with("mindroom-"))
        .collect();
    let is_marker = |name: &&String| name.contains(".ready");
    let whole = names.iter().filter(is_marker).count();
    (whole, names.len() - whole)
}

/// The index does not answer: the owner reads it, it is asked again after growing pauses, and all goes on by
/// itself when it is back.
#[tokio::test(flavor = "multi_thread")]
async fn an_index_that_is_down_is_waited_for() {
    let (stage, wheels, folder) = folders().await;
    let index = Index::new(wheels.path());
    let address = free_address();
    let daemon = stage.daemon_by(command(&stage, folder.path(), address));
    let instance = stage.instance("ann-1").await;
    stage.until_reason("error", "could not be installed").await;
    // The pauses are in the log, each twice the one before.
    let log = || std::fs::read_to_string(stage.log()).unwrap();
    wait_for(|| log().contains("pause_s=5") && log().contains("pause_s=10"));
    index.serve(address).await;
    stage.until(instance, "running").await;
    let is_clear: bool = stage
        .world
        .ask("select status_reason is null from instances")
        .await;
    assert!(is_clear);
    assert_eq!(environments(folder.path()), (2, 2));
    daemon.end().await;
}

/// The daemon is killed while an installation is under way: what it had started holds the next one up until it
/// ends, and nothing of it is used or left.
#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_installation_is_made_anew() {
    let (stage, wheels, folder) = folders().await;
    let index = Index::new(wheels.path());
    let address = free_address();
    index.hands_out.send_replace(false);
    index.clone().serve(address).await;
    let mut daemon = stage.daemon_by(command(&stage, folder.path(), address));
    let instance = stage.instance("ann-1").await;
    wait_for(|| index.asked.load(Ordering::SeqCst) > 0);
    daemon.child.kill().unwrap();
    daemon.child.wait().unwrap();
    assert_eq!(environments(folder.path()), (0, 1));

    let daemon = stage.daemon_by(command(&stage, folder.path(), address));
    stage
        .until_reason("provisioning", "Another process installs")
        .await;
    index.hands_out.send_replace(true);
    stage.until(instance, "running").await;
    assert_eq!(
        environments(folder.path()),
        (2, 2),
        "nothing is left of the first"
    );
    daemon.end().await;
}

/// A stage, a folder for the index's files, and one for what is installed.
async fn folders() -> (Stage, tempfile::TempDir, tempfile::TempDir) {
    let folder = || tempfile::tempdir().unwrap();
    (Stage::new().await, folder(), folder())
}
