//! The cluster as its administrator sees it, by the kubeconfig that the suite is given.

use reqwest::{Certificate, Client, Method};
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

    /// A pod of the tests' own program.
    pub(crate) async fn make_pod(&self, namespace: &str, name: &str, arguments: &[&str]) {
        let pod = json!({
            "apiVersion": "v1", "kind": "Pod", "metadata": {"name": name},
            "spec": {"restartPolicy": "Never", "terminationGracePeriodSeconds": 5, "containers": [{
                "name": "it", "image": "mindroom.test/pod:1", "imagePullPolicy": "Never", "args": arguments,
                "resources": {"limits": {"memory": "64Mi"}},
            }]},
        });
        let pods = format!("/api/v1/namespaces/{namespace}/pods");
        self.call(Method::POST, &pods, Some(pod)).await.unwrap();
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
        let request = self
            .http
            .request(method, format!("{}{path}", self.server))
            .bearer_auth(&self.token);
        let request = match body {
            Some(body) => request.json(&body),
            None => request,
        };
        let answer = request.send().await.unwrap();
        if answer.status() == 404 {
            return None;
        }
        let status = answer.status();
        let text = answer.text().await.unwrap();
        assert!(status.is_success(), "{path}: {status} {text}");
        Some(serde_json::from_str(&text).unwrap())
    }
}
