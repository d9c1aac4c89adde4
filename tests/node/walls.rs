//! What an instance's pods reach, by packets: what they need, and nothing else of the cluster, of this machine or of
//! private networks. Everything that is to be refused is there and answers whoever may reach it.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::process::Command;
use std::time::{Duration, Instant};

use platform_tests::{Account, Platform};
use serde_json::{Value, json};

use crate::cluster::Cluster;
use crate::{dashboard, matrix, namespace};

const PATIENCE: Duration = Duration::from_mins(1);
/// Between two looks at what a pod has found.
const PAUSE: Duration = Duration::from_millis(200);

/// Addresses that this machine's end of the link gets: link-local (where clouds keep credentials), private, public.
const LINK_LOCAL: &str = "169.254.169.254";
const PRIVATE: &str = "192.168.77.1";
const PUBLIC: &str = "203.0.113.9";

#[tokio::test]
async fn an_instance_reaches_what_it_needs_and_nothing_else() {
    let platform = Platform::get();
    let cluster = Cluster::get();
    let [ours, other] = [running(&platform).await, running(&platform).await];
    let (here, there) = (
        namespace(&platform, &ours).await,
        namespace(&platform, &other).await,
    );
    let nowhere = "default".to_owned();
    let machine = Machine::new(&cluster, &here).await;
    let service = async |namespace: &str, name: &str, port: u16| {
        let path = format!("/api/v1/namespaces/{namespace}/services/{name}");
        let service = cluster.find(&path).await.unwrap();
        format!(
            "tcp:{}:{port}",
            service["spec"]["clusterIP"].as_str().unwrap()
        )
    };
    // By target, who reaches it: MindRoom's pod, Synapse's, and one that no policy binds. Into instances nobody
    // comes but by the way in, which is gone below.
    let reached = |by_mindroom: bool, by_synapse: bool| [by_mindroom, by_synapse, true];
    let targets: BTreeMap<String, [bool; 3]> = [
        (service(&here, "synapse", 8008).await, [true, false, false]),
        (service(&there, "synapse", 8008).await, [false; 3]),
        (service(&there, "mindroom", 8080).await, [false; 3]),
        (
            service("default", "kubernetes", 443).await,
            reached(false, false),
        ),
        (format!("tcp:{}", cluster.address()), reached(false, false)),
        (
            machine.port_of(&platform.database_url),
            reached(false, true),
        ),
        (
            machine.port_of(&platform.internal.model),
            reached(true, false),
        ),
        (format!("dns:{}:53", machine.node), reached(true, true)),
        (machine.listens(&machine.address), reached(false, false)),
        (machine.listens(LINK_LOCAL), reached(false, false)),
        (machine.listens(PRIVATE), reached(false, false)),
        (machine.listens(PUBLIC), reached(true, true)),
    ]
    .into();
    let dialled: Vec<&str> = targets.keys().map(String::as_str).collect();
    let dialled = dialled.join(",");
    for (who, (namespace, label)) in [
        (&here, "mindroom"),
        (&here, "synapse"),
        (&nowhere, "nobody"),
    ]
    .into_iter()
    .enumerate()
    {
        let name = format!("as-{label}");
        let expected: Value = targets
            .iter()
            .map(|(target, reached)| (target.clone(), json!(reached[who])))
            .collect();
        let labels = json!({"app.kubernetes.io/name": label});
        cluster
            .make_pod(namespace, &name, labels, &["-dial", &dialled])
            .await;
        let began = Instant::now();
        loop {
            let seen = cluster.last_line(namespace, &name).await;
            if seen.as_ref() == Some(&expected) {
                break;
            }
            assert!(
                began.elapsed() < PATIENCE,
                "{name} reaches {seen:?}, and not {expected}"
            );
            tokio::time::sleep(PAUSE).await;
        }
        cluster
            .remove(&format!("/api/v1/namespaces/{namespace}/pods/{name}"))
            .await;
    }
    for instance in [&ours, &other] {
        assert_eq!(matrix(&platform, instance).await, 200, "by the way in");
        dashboard(&platform, instance).await;
    }
}

/// An instance of a new customer.
async fn running(platform: &Platform) -> Value {
    let account = Account::sign_up(platform).await;
    let instance = account.instance().await;
    account.awaits(&instance, "running").await
}

/// This machine as pods see it: it is on the other end of the node's link.
struct Machine {
    address: String,
    node: String,
    link: String,
    listeners: std::cell::RefCell<Vec<TcpListener>>,
}

impl Machine {
    /// By the way to a pod of the namespace.
    async fn new(cluster: &Cluster, namespace: &str) -> Self {
        let pods = cluster
            .list(&format!("/api/v1/namespaces/{namespace}/pods"))
            .await;
        let pod = pods[0]["status"]["podIP"].as_str().unwrap();
        // `10.1.2.3 via 10.1.128.2 dev mindroom-1 src 10.1.128.1 …`
        let route = ip(&["-4", "route", "get", pod]);
        let after = |word: &str| {
            let mut words = route.split_whitespace();
            words.find(|found| *found == word);
            words.next().unwrap().to_owned()
        };
        Self {
            address: after("src"),
            node: after("via"),
            link: after("dev"),
            listeners: std::cell::RefCell::default(),
        }
    }

    /// What listens here at the port of a URL.
    fn port_of(&self, url: &str) -> String {
        let url = reqwest::Url::parse(url).unwrap();
        format!("tcp:{}:{}", self.address, url.port().unwrap())
    }

    /// Listens at an address, which the link gets if it is none of its own.
    fn listens(&self, address: &str) -> String {
        if address != self.address {
            ip(&["address", "add", &subnet(address), "dev", &self.link]);
        }
        let listener = TcpListener::bind((address, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        self.listeners.borrow_mut().push(listener);
        format!("tcp:{address}:{port}")
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        for listener in self.listeners.get_mut() {
            let address = listener.local_addr().unwrap().ip().to_string();
            if address != self.address {
                ip(&["address", "del", &subnet(&address), "dev", &self.link]);
            }
        }
    }
}

fn subnet(address: &str) -> String {
    format!("{address}/32")
}

fn ip(arguments: &[&str]) -> String {
    let output = Command::new("ip").args(arguments).output().unwrap();
    assert!(output.status.success(), "ip {arguments:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}
