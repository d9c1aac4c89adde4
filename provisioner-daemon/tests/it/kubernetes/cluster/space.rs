//! A namespace of a test's own in the cluster that `KUBECONFIG` names.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use k8s_openapi::api::core::v1::{Event, Namespace, Pod};
use kube::api::{
    Api, ApiResource, DeleteParams, DynamicObject, GroupVersionKind, ListParams, Patch,
    PatchParams, PostParams,
};
use kube::{Client, ResourceExt};
use serde_json::Value;

/// Longest time that anything is waited for.
const PATIENCE: Duration = Duration::from_mins(2);

/// A client with everything allowed.
pub(crate) async fn administrator() -> Client {
    // another test of this process may have been first
    let _ = rustls::crypto::ring::default_provider().install_default();
    assert!(
        std::env::var_os("KUBECONFIG").is_some(),
        "KUBECONFIG: run `cargo xtask test cluster`"
    );
    Client::try_default().await.unwrap()
}

/// Asks until the answer is something.
pub(crate) async fn until<T, F: Future<Output = Option<T>>>(
    what: &str,
    mut ask: impl FnMut() -> F,
) -> T {
    let began = Instant::now();
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(began.elapsed() < PATIENCE, "still not: {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// A namespace as the daemon makes them.
pub(crate) struct Space {
    pub(crate) client: Client,
    pub(crate) name: String,
}

impl Space {
    pub(crate) async fn new(client: &Client) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("test-{}-{number}", std::process::id());
        let mut namespace = Namespace::default();
        namespace.metadata.name = Some(name.clone());
        let label = "pod-security.kubernetes.io/enforce".to_owned();
        namespace.metadata.labels = Some(BTreeMap::from([(label, "restricted".to_owned())]));
        let namespaces: Api<Namespace> = Api::all(client.clone());
        namespaces
            .create(&PostParams::default(), &namespace)
            .await
            .unwrap();
        Self {
            client: client.clone(),
            name,
        }
    }

    pub(crate) fn api<K>(&self) -> Api<K>
    where
        K: kube::Resource<Scope = k8s_openapi::NamespaceResourceScope>,
        K::DynamicType: Default,
    {
        Api::namespaced(self.client.clone(), &self.name)
    }

    /// Applies an object; unknown fields are refused.
    pub(crate) async fn apply(&self, object: &Value) -> Result<DynamicObject, kube::Error> {
        let object: DynamicObject = serde_json::from_value(object.clone()).unwrap();
        let types = object.types.clone().unwrap();
        let kind = ApiResource::from_gvk(&GroupVersionKind::try_from(types).unwrap());
        let api: Api<DynamicObject> = Api::namespaced_with(self.client.clone(), &self.name, &kind);
        let how = PatchParams::apply("tests").validation_strict();
        api.patch(&object.name_any(), &how, &Patch::Apply(&object))
            .await
    }

    /// Names of the parts that have a pod.
    pub(crate) async fn parts_with_pods(&self) -> Vec<String> {
        let pods = self
            .api::<Pod>()
            .list(&ListParams::default())
            .await
            .unwrap();
        let part = |pod: &Pod| pod.labels().get("app.kubernetes.io/name").cloned();
        let mut parts: Vec<String> = pods.iter().filter_map(part).collect();
        parts.sort();
        parts
    }

    /// Why controllers could not make a pod.
    pub(crate) async fn refusals(&self) -> Vec<String> {
        let events = self.api::<Event>().list(&ListParams::default()).await;
        let refused = events.unwrap().items.into_iter();
        let refused = refused.filter(|event| event.reason.as_deref() == Some("FailedCreate"));
        refused.filter_map(|event| event.message).collect()
    }

    /// Removes it and waits until it is gone.
    pub(crate) async fn end(self) {
        let namespaces: Api<Namespace> = Api::all(self.client.clone());
        let gone = DeleteParams::default().grace_period(0);
        namespaces.delete(&self.name, &gone).await.unwrap();
        until("the namespace is gone", async || {
            let found = namespaces.get_opt(&self.name).await.unwrap();
            found.is_none().then_some(())
        })
        .await;
    }
}
