//! How many connections a component has, and who waits for one.

use futures::StreamExt as _;
use futures::future::join_all;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::support::Host;
use crate::support::host::client;
use crate::support::postgres::{Application, Server, application, wait_for};

const OPEN: &str = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'probe'";

/// A request that holds connections until it is told to end.
pub(crate) struct Holder {
    end: oneshot::Sender<()>,
    answer: JoinHandle<String>,
}

impl Holder {
    pub(crate) fn start(host: &Host, count: usize) -> Self {
        let (end, ended) = oneshot::channel::<()>();
        // The body is empty, and over when the sender is used or dropped.
        let body =
            futures::stream::once(ended).filter_map(async |_| None::<Result<Vec<u8>, String>>);
        let request = client()
            .post(host.url(&format!("/probe/hold/{count}")))
            .body(reqwest::Body::wrap_stream(body));
        let answer = async move { request.send().await.unwrap().text().await.unwrap() };
        Self {
            end,
            answer: tokio::spawn(answer),
        }
    }

    pub(crate) async fn end(self) -> String {
        drop(self.end);
        self.answer.await.unwrap()
    }
}

async fn ask(host: &Host) -> u16 {
    host.post("/probe/query", "SELECT 1").await.0
}

/// Holds all `most` connections that there may be: others wait, and no more are opened.
async fn others_wait(server: &Server, host: &Host, most: usize) {
    let postgres = server.client().await;
    let most_open = i64::try_from(most).unwrap();
    let holder = Holder::start(host, most);
    wait_for(&postgres, OPEN, most_open).await;
    let others = async { join_all((0..10).map(|_| ask(host))).await };
    let free = async {
        // What waits is seen as requests that have not ended while all connections are held.
        assert_eq!(host.get("/probe").await.0, 200);
        wait_for(&postgres, OPEN, most_open).await;
        holder.end().await
    };
    let (statuses, held) = tokio::join!(others, free);
    assert_eq!(held, format!("held {most}"));
    assert_eq!(statuses, [200; 10]);
    // Had one not waited there would be more; that they are idle now is no reason to close one.
    wait_for(&postgres, OPEN, most_open).await;
}

fn serve(application: &Application, more: &[&str]) -> Host {
    let arguments = [&application.arguments(), more].concat();
    Host::serve(&application.manifest, &arguments)
}

#[tokio::test]
async fn a_component_has_64_connections_to_an_address_and_all_as_many_as_told() {
    let server = Server::start();
    let application = application(&server);
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("runtime-config.toml");
    std::fs::write(&config, "[outbound_pg]\nmax_connections = 3\n").unwrap();
    let config = ["--runtime-config-file", config.to_str().unwrap()];
    others_wait(&server, &serve(&application, &config), 3).await;
    wait_for(&server.client().await, OPEN, 0).await; // they went with their host
    others_wait(&server, &serve(&application, &[]), 64).await;
}
