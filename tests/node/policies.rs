//! The node's policy engine by what NetworkPolicies mean: cases as Kubernetes' own conformance suite has them, each
//! with packets between three pods in two namespaces. Without this, what holds on the node would say nothing about
//! the chart.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use platform_tests::until;
use serde_json::{Value, json};

use crate::cluster::Cluster;

const PATIENCE: Duration = Duration::from_mins(1);
const PODS: [(&str, &str); 3] = [("x", "a"), ("x", "b"), ("y", "a")];
const PORTS: [u16; 2] = [8080, 8081];

/// Policies in namespace `x`, and what they keep from passing: from a pod to another's port.
struct Case {
    name: &'static str,
    policies: Vec<Value>,
    blocks: fn(&str, &str, u16) -> bool,
}

fn case(name: &'static str, policies: Vec<Value>, blocks: fn(&str, &str, u16) -> bool) -> Case {
    Case {
        name,
        policies,
        blocks,
    }
}

/// What comes in to pod `a`.
fn into_a(rule: &Value) -> Value {
    json!({"podSelector": {"matchLabels": {"pod": "a"}}, "policyTypes": ["Ingress"], "ingress": [rule]})
}

/// What pod `a` sends.
fn out_of_a(rules: &Value) -> Value {
    json!({"podSelector": {"matchLabels": {"pod": "a"}}, "policyTypes": ["Egress"], "egress": rules})
}

fn pod(name: &str) -> Value {
    json!({"podSelector": {"matchLabels": {"pod": name}}})
}

fn in_y() -> Value {
    json!({"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "walls-y"}}})
}

fn pod_in_y(name: &str) -> Value {
    let mut peer = in_y();
    peer["podSelector"] = pod(name)["podSelector"].clone();
    peer
}

fn cases(address_of_b: &str) -> Vec<Case> {
    let mut cases = incoming(address_of_b);
    cases.extend(outgoing());
    cases
}

fn incoming(address_of_b: &str) -> Vec<Case> {
    let deny_all = json!({"podSelector": {}, "policyTypes": ["Ingress"]});
    vec![
        case(
            "deny everything that comes in",
            vec![deny_all.clone()],
            |_, to, _| to.starts_with("x/"),
        ),
        case(
            "from pods by label",
            vec![into_a(&json!({"from": [pod("b")]}))],
            |from, to, _| to == "x/a" && from != "x/b",
        ),
        case(
            "from a namespace",
            vec![into_a(&json!({"from": [in_y()]}))],
            |from, to, _| to == "x/a" && from != "y/a",
        ),
        case(
            "from a pod and its namespace, which no pod is",
            vec![into_a(&json!({"from": [pod_in_y("b")]}))],
            |_, to, _| to == "x/a",
        ),
        case(
            "from a pod and its namespace",
            vec![into_a(&json!({"from": [pod_in_y("a")]}))],
            |from, to, _| to == "x/a" && from != "y/a",
        ),
        case(
            "from a pod or a namespace",
            vec![json!({"podSelector": {}, "ingress": [{"from": [in_y(), pod("b")]}]})],
            |from, to, _| to == "x/b" && from == "x/a",
        ),
        case(
            "from pods by an expression",
            vec![into_a(
                &json!({"from": [{"podSelector": {"matchExpressions": [
                {"key": "pod", "operator": "NotIn", "values": ["a"]}]}}]}),
            )],
            |from, to, _| to == "x/a" && from != "x/b",
        ),
        case(
            "one port",
            vec![into_a(
                &json!({"ports": [{"protocol": "TCP", "port": 8081}]}),
            )],
            |_, to, port| to == "x/a" && port != 8081,
        ),
        case(
            "a range of ports",
            vec![into_a(
                &json!({"ports": [{"protocol": "TCP", "port": 8000, "endPort": 8080}]}),
            )],
            |_, to, port| to == "x/a" && port != 8080,
        ),
        case(
            "from addresses but one",
            vec![into_a(&json!({"from": [{"ipBlock": {
                "cidr": "10.0.0.0/8", "except": [format!("{address_of_b}/32")]}}]}))],
            |from, to, _| to == "x/a" && from == "x/b",
        ),
        case(
            "everything to one although nothing to all",
            vec![deny_all, into_a(&json!({}))],
            |_, to, _| to == "x/b",
        ),
        case(
            "policies add up",
            vec![
                into_a(&json!({"from": [pod("b")], "ports": [{"port": 8080}]})),
                into_a(&json!({"from": [in_y()], "ports": [{"port": 8081}]})),
            ],
            |from, to, port| {
                let is_let_in = (from == "x/b" && port == 8080) || (from == "y/a" && port == 8081);
                to == "x/a" && !is_let_in
            },
        ),
    ]
}

fn outgoing() -> Vec<Case> {
    vec![
        case(
            "nothing goes out",
            vec![out_of_a(&json!([]))],
            |from, _, _| from == "x/a",
        ),
        case(
            "out to a namespace",
            vec![out_of_a(&json!([{"to": [in_y()]}]))],
            |from, to, _| from == "x/a" && to != "y/a",
        ),
        case(
            "out to a port",
            vec![out_of_a(
                &json!([{"ports": [{"protocol": "TCP", "port": 8080}]}]),
            )],
            |from, _, port| from == "x/a" && port != 8080,
        ),
        case("nothing said, everything passes", Vec::new(), |_, _, _| {
            false
        }),
    ]
}

#[tokio::test]
async fn policies_mean_what_kubernetes_says() {
    let cluster = Cluster::get();
    let stage = Stage::new(&cluster).await;
    let address = stage.address(&cluster, "x", "b").await;
    for case in cases(&address) {
        let policies = "/apis/networking.k8s.io/v1/namespaces/walls-x/networkpolicies";
        for (number, spec) in case.policies.iter().enumerate() {
            let policy = json!({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
                "metadata": {"name": format!("case-{number}")}, "spec": spec});
            cluster.make(policies, &policy).await;
        }
        stage.awaits(&cluster, &case).await;
        for number in 0..case.policies.len() {
            cluster.remove(&format!("{policies}/case-{number}")).await;
        }
    }
    for name in ["x", "y"] {
        cluster
            .remove(&format!("/api/v1/namespaces/walls-{name}"))
            .await;
    }
}

/// Pods that dial each other's services again and again.
struct Stage {
    /// What is dialled, by the pod and port that it leads to.
    targets: BTreeMap<String, (String, u16)>,
}

impl Stage {
    async fn new(cluster: &Cluster) -> Self {
        for name in ["x", "y"] {
            let namespace = json!({"apiVersion": "v1", "kind": "Namespace",
                "metadata": {"name": format!("walls-{name}")}});
            cluster.make("/api/v1/namespaces", &namespace).await;
        }
        let mut targets = BTreeMap::new();
        for (namespace, pod) in PODS {
            let ports = PORTS.map(|port| json!({"name": format!("p{port}"), "port": port}));
            let service = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": pod},
                "spec": {"selector": {"pod": pod}, "ports": ports}});
            let list = format!("/api/v1/namespaces/walls-{namespace}/services");
            let made = cluster.make(&list, &service).await;
            let address = made["spec"]["clusterIP"].as_str().unwrap().to_owned();
            for port in PORTS {
                let leads_to = (format!("{namespace}/{pod}"), port);
                targets.insert(format!("tcp:{address}:{port}"), leads_to);
            }
        }
        let dialled: Vec<&str> = targets.keys().map(String::as_str).collect();
        let dialled = dialled.join(",");
        let arguments = ["-listen", ":8080,:8081", "-dial", &dialled];
        for (namespace, pod) in PODS {
            let namespace = format!("walls-{namespace}");
            let account = format!("/api/v1/namespaces/{namespace}/serviceaccounts/default");
            until("the namespace's account", PATIENCE, async || {
                cluster.find(&account).await
            })
            .await;
            cluster
                .make_pod(&namespace, pod, json!({"pod": pod}), &arguments)
                .await;
        }
        Self { targets }
    }

    async fn address(&self, cluster: &Cluster, namespace: &str, pod: &str) -> String {
        let path = format!("/api/v1/namespaces/walls-{namespace}/pods/{pod}");
        until("a pod's address", PATIENCE, async || {
            let pod = cluster.find(&path).await?;
            pod["status"]["podIP"].as_str().map(str::to_owned)
        })
        .await
    }

    /// Waits until exactly that passes which the case lets pass.
    async fn awaits(&self, cluster: &Cluster, case: &Case) {
        let mut expected = BTreeSet::new();
        for (namespace, pod) in PODS {
            let from = format!("{namespace}/{pod}");
            for (to, port) in self.targets.values() {
                if *to != from && !(case.blocks)(&from, to, *port) {
                    expected.insert(format!("{from} to {to}:{port}"));
                }
            }
        }
        until(case.name, PATIENCE, async || {
            let seen = self.seen(cluster).await?;
            (seen == expected).then_some(())
        })
        .await;
    }

    async fn seen(&self, cluster: &Cluster) -> Option<BTreeSet<String>> {
        let mut seen = BTreeSet::new();
        for (namespace, pod) in PODS {
            let from = format!("{namespace}/{pod}");
            let told = cluster
                .last_line(&format!("walls-{namespace}"), pod)
                .await?;
            for (target, (to, port)) in &self.targets {
                if *to != from && told[target] == true {
                    seen.insert(format!("{from} to {to}:{port}"));
                }
            }
        }
        Some(seen)
    }
}
