//! What the daemon's service account may not do.

use k8s_openapi::api::authorization::v1::{ResourceRule, SelfSubjectRulesReview};
use k8s_openapi::api::core::v1::{Namespace, Node, Pod, Secret};
use k8s_openapi::api::rbac::v1::{ClusterRoleBinding, RoleBinding};
use kube::api::{Api, DeleteParams, ListParams, LogParams, PostParams};
use kube::{Client, Error};
use serde::de::DeserializeOwned;
use serde_json::json;

use super::scene::as_daemon;
use super::space::{Space, administrator, until};

/// The cluster said no: by its roles (403) or by the policy (422).
fn assert_refused<T: std::fmt::Debug>(what: &str, answer: Result<T, Error>) {
    match answer {
        Err(Error::Api(status)) if matches!(status.code, 403 | 422) => {}
        other => panic!("{what}: {other:?}"),
    }
}

fn read<T: DeserializeOwned>(value: serde_json::Value) -> T {
    serde_json::from_value(value).unwrap()
}

fn secrets_of(client: &Client, namespace: &str) -> Api<Secret> {
    Api::namespaced(client.clone(), namespace)
}

fn binding(role: &str) -> RoleBinding {
    read(json!({
        "metadata": {"name": "mine"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
        "subjects": [{"kind": "ServiceAccount", "namespace": "mindroom", "name": "provisioner-daemon"}],
    }))
}

fn space(name: &str, instance: &str, standard: &str) -> Namespace {
    read(json!({"metadata": {"name": name, "labels": {
        "mindroom.chat/instance": instance, "pod-security.kubernetes.io/enforce": standard,
    }}}))
}

#[tokio::test]
async fn the_daemon_reaches_nothing_but_instances() {
    let admin = administrator().await;
    let foreign = Space::new(&admin).await;
    let daemon = Client::try_from(as_daemon(&admin).await).unwrap();
    let create = PostParams::default();
    let namespaces: Api<Namespace> = Api::all(daemon.clone());
    // The policy holds from some moments after it was made.
    until("the policy holds", async || {
        let probe = space("instance-probe", "probe-1", "restricted");
        let made = namespaces.create(&create, &probe);
        match made.await {
            Ok(_) => {
                let all: Api<Namespace> = Api::all(admin.clone());
                all.delete("instance-probe", &DeleteParams::default())
                    .await
                    .unwrap();
                None
            }
            Err(_) => Some(()),
        }
    })
    .await;
    for (name, instance, standard) in [
        ("evil", "evil", "restricted"),
        ("instance-one", "another", "restricted"),
        ("instance-two", "two", "privileged"),
        ("instance-three", "three", "baseline"),
    ] {
        let made = namespaces
            .create(&create, &space(name, instance, standard))
            .await;
        assert_refused(name, made);
    }
    let delete = DeleteParams::default();
    assert_refused("delete", namespaces.delete(&foreign.name, &delete).await);
    let all = ListParams::default();
    let secrets: Api<Secret> = Api::all(daemon.clone());
    assert_refused("all secrets", secrets.list(&all).await);
    let secrets: Api<Secret> = Api::namespaced(daemon.clone(), &foreign.name);
    assert_refused("foreign secrets", secrets.list(&all).await);
    let system: Api<Secret> = Api::namespaced(daemon.clone(), "kube-system");
    assert_refused("the system's secrets", system.list(&all).await);
    let nodes: Api<Node> = Api::all(daemon.clone());
    assert_refused("nodes", nodes.list(&all).await);
    // Secrets of instances' names it may watch; not those of any other name.
    let of_name = |name: &str| ListParams::default().fields(&format!("metadata.name={name}"));
    let secrets: Api<Secret> = Api::all(daemon.clone());
    assert_refused("another's name", secrets.list(&of_name("mindroom")).await);
    secrets.list(&of_name("instance-synapse")).await.unwrap();
    assert_refused(
        "get",
        secrets_of(&daemon, "kube-system")
            .get("instance-synapse")
            .await,
    );
    // Pods it may look at, and neither make, change, remove nor enter them.
    let pods: Api<Pod> = Api::namespaced(daemon.clone(), &foreign.name);
    pods.list(&all).await.unwrap();
    let pod: Pod = read(
        json!({"metadata": {"name": "a"}, "spec": {"containers": [{"name": "a", "image": "a"}]}}),
    );
    assert_refused("make pods", pods.create(&create, &pod).await);
    assert_refused("remove pods", pods.delete("a", &delete).await);
    assert_refused("read logs", pods.logs("a", &LogParams::default()).await);
    let bindings: Api<RoleBinding> = Api::namespaced(daemon.clone(), &foreign.name);
    for role in ["cluster-admin", "admin", "mindroom-instance-manager"] {
        assert_refused(role, bindings.create(&create, &binding(role)).await);
    }
    let everywhere: ClusterRoleBinding = read(json!({
        "metadata": {"name": "mine"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"},
    }));
    let cluster: Api<ClusterRoleBinding> = Api::all(daemon.clone());
    assert_refused("everywhere", cluster.create(&create, &everywhere).await);

    // In an instance's namespace it may bind its own role, and no other.
    let instance = "0190f8a4-7c1e-7d2a-9b3c-000000000001";
    let own = space(&format!("instance-{instance}"), instance, "restricted");
    namespaces.create(&create, &own).await.unwrap();
    let name = own.metadata.name.unwrap();
    let bindings: Api<RoleBinding> = Api::namespaced(daemon.clone(), &name);
    assert_refused("admin", bindings.create(&create, &binding("admin")).await);
    let mine = binding("mindroom-instance-manager");
    bindings.create(&create, &mine).await.unwrap();
    let secrets: Api<Secret> = Api::namespaced(daemon, &name);
    until("the binding holds", async || secrets.list(&all).await.ok()).await;
    namespaces.delete(&name, &delete).await.unwrap();
    foreign.end().await;
}

/// What the daemon may do in a namespace that is nobody's instance's, by the cluster's own word, and nothing else.
const ELSEWHERE: &[&str] = &[
    "bind clusterroles mindroom-instance-manager",
    "create namespaces",
    "create rolebindings",
    "create selfsubjectaccessreviews",
    "create selfsubjectreviews",
    "create selfsubjectrulesreviews",
    "delete namespaces",
    "get namespaces",
    "get rolebindings",
    "list configmaps",
    "list deployments",
    "list ingresses",
    "list limitranges",
    "list networkpolicies",
    "list persistentvolumeclaims",
    "list pods",
    "list resourcequotas",
    "list secrets instance-mindroom,instance-synapse",
    "list serviceaccounts",
    "list services",
    "list statefulsets",
    "watch configmaps",
    "watch deployments",
    "watch ingresses",
    "watch limitranges",
    "watch networkpolicies",
    "watch persistentvolumeclaims",
    "watch pods",
    "watch resourcequotas",
    "watch secrets instance-mindroom,instance-synapse",
    "watch serviceaccounts",
    "watch services",
    "watch statefulsets",
];

#[tokio::test]
async fn the_daemon_may_do_nothing_else() {
    let admin = administrator().await;
    let daemon = Client::try_from(as_daemon(&admin).await).unwrap();
    let reviews: Api<SelfSubjectRulesReview> = Api::all(daemon);
    for namespace in ["kube-system", "default", "mindroom"] {
        let question: SelfSubjectRulesReview = read(json!({"spec": {"namespace": namespace}}));
        let answer = reviews.create(&PostParams::default(), &question).await;
        let status = answer.unwrap().status.unwrap();
        assert!(!status.incomplete);
        let mut allowed: Vec<String> = status.resource_rules.iter().flat_map(words).collect();
        allowed.sort();
        assert_eq!(allowed, ELSEWHERE, "{namespace}");
    }
}

/// `verb resource names` of a rule.
fn words(rule: &ResourceRule) -> Vec<String> {
    let names = rule.resource_names.clone().unwrap_or_default().join(",");
    let mut words = Vec::new();
    for resource in rule.resources.iter().flatten() {
        for verb in &rule.verbs {
            let word = format!("{verb} {resource} {names}");
            words.push(word.trim_end().to_owned());
        }
    }
    words
}
