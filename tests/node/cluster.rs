//! The cluster as its administrator sees it, by the kubeconfig that the suite is given.

use reqwest::{Certificate, Client, Method, Response};
use serde_json::{Value, json};

/// A client of the API server.
pub(crate) struct Cluster {
    http: Client,
    server: String,
    token: String,
}

impl Cluster {
    /// The one that `KUBECONFIG` names, which xtask writes as JSON.
    pub(crate) fn get() -> Self {
        // an error means that another test of this process was first
        let _ = rustls::crypto::ring::default_provider().install_default();
        let path = std::env::var("KUBECONFIG").expect("run `cargo xtask test node`");
        let config = std::fs::read_to_string(path).unwrap();
        let config: Value = serde_json::from_str(&config).unwrap();
        let text = |pointer: &str| {
            config
                .pointer(pointer)
                .unwrap()
                .as_str()
                .unwrap()
                .to_owned()
        };
        let authority = std::fs::read(text("/clusters/0/cluster/certificate-authority")).unwrap();
        let http = Client::builder()
            .no_proxy()
            .tls_certs_only(Certificate::from_pem_bundle(&authority).unwrap())
            .build();
        Self {
            http: http.unwrap(),
            server: text("/clusters/0/cluster/server"),
            token: text("/users/0/user/token"),
        }
    }

    /// What is at a path; `None` when nothing is.
    pub(crate) async fn find(&self, path: &str) -> Option<Value> {
        self.call(Method::GET, path, None).await
    }

    /// The objects of a list.
    pub(crate) async fn list(&self, path: &str) -> Vec<Value> {
        let list = self.find(path).await.unwrap();
        list["items"].as_array().unwrap().clone()
    }

    /// Where the API server is, as `address:port`.
    pub(crate) fn address(&self) -> &str {
        self.server.trim_start_matches("https://")
    }

    /// A pod of the tests' own program, as a namespace of an instance lets it in.
    pub(crate) async fn make_pod(
        &self,
        namespace: &str,
        name: &str,
        labels: Value,
        arguments: &[&str],
    ) {
        let bounds = json!({"cpu": "100m", "memory": "64Mi"});
        let pod = json!({
            "apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": labels},
            "spec": {
                "restartPolicy": "Never", "terminationGracePeriodSeconds": 1, "automountServiceAccountToken": false,
                "securityContext": {"runAsNonRoot": true, "runAsUser": 65534,
                    "seccompProfile": {"type": "RuntimeDefault"}},
                "containers": [{
                    "name": "it", "image": "mindroom.test/pod:1", "imagePullPolicy": "Never", "args": arguments,
                    "resources": {"requests": bounds, "limits": bounds},
                    "securityContext": {"allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}},
                }],
            },
        });
        self.make(&format!("/api/v1/namespaces/{namespace}/pods"), &pod)
            .await;
    }

    /// Adds an object to a list; answers it as the API server keeps it.
    pub(crate) async fn make(&self, list: &str, object: &Value) -> Value {
        let made = self.call(Method::POST, list, Some(object.clone())).await;
        made.unwrap()
    }

    /// The last line that a pod has written, if it has one.
    pub(crate) async fn last_line(&self, namespace: &str, pod: &str) -> Option<Value> {
        let path = format!("/api/v1/namespaces/{namespace}/pods/{pod}/log?tailLines=1");
        let answer = self.send(Method::GET, &path, None).await;
        serde_json::from_str(&answer.text().await.ok()?).ok()
    }

    /// What a server at an address of the cluster says, if there is one.
    pub(crate) async fn greeting(&self, url: &str) -> Option<String> {
        let answer = self.http.get(url).send().await.ok()?;
        answer.text().await.ok()
    }

    /// Removes what is at a path.
    pub(crate) async fn remove(&self, path: &str) {
        self.call(Method::DELETE, path, None).await.unwrap();
    }

    async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Option<Value> {
        let answer = self.send(method, path, body).await;
        if answer.status() == 404 {
            return None;
        }
        let status = answer.status();
        let text = answer.text().await.unwrap();
        assert!(status.is_success(), "{path}: {status} {text}");
        Some(serde_json::from_str(&text).unwrap())
    }

    async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Response {
        let request = self
            .http
            .request(method, format!("{}{path}", self.server))
            .bearer_auth(&self.token);
        let request = match body {
            Some(body) => request.json(&body),
            None => request,
        };
        request.send().await.unwrap()
    }
}
