//! What others do to an instance's objects, and what the daemon learns of it, or does not.

use std::time::{Duration, Instant};

use k8s_openapi::api::core::v1::{Secret, Service};
use kube::ResourceExt;
use kube::api::{Api, DeleteParams, DynamicObject, ListParams, Patch, PatchParams};
use provisioner_daemon::drivers::kubernetes::{KINDS, Kind};
use serde_json::json;

use super::scene::Scene;
use super::space::until;
use super::way::{Instead, State, Trouble, is_watch};

/// How soon anything is back.
const SOON: Duration = Duration::from_secs(30);
/// A label that the chart sets.
const LABEL: &str = "app.kubernetes.io/part-of";

#[tokio::test]
async fn fault_42_every_kind_of_object_is_back_when_it_was_deleted_or_edited() {
    let scene = Scene::new().await;
    scene.run().await;
    let secrets = scene.secrets().await;
    for kind in KINDS {
        let name = scene.first(kind).await;
        scene.edit(kind, &name).await;
        // The customer's data: what holds it lets nobody remove it while it is in use.
        if !kind.is_data() {
            scene.delete(kind, &name).await;
        }
    }
    scene.until("running").await;
    assert_eq!(scene.secrets().await, secrets, "I5");
    scene.end().await;
}

#[tokio::test]
async fn fault_42_a_secret_that_was_edited_has_its_value_again() {
    let scene = Scene::new().await;
    scene.run().await;
    let before = scene.secrets().await;
    let secrets: Api<Secret> = Api::namespaced(scene.client.clone(), &scene.namespace);
    let edit = json!({"data": {"secrets.yaml": "AAAA"}});
    secrets
        .patch(
            "instance-synapse",
            &PatchParams::default(),
            &Patch::Merge(&edit),
        )
        .await
        .unwrap();
    let began = Instant::now();
    until("the value is back", async || {
        (scene.secrets().await == before).then_some(())
    })
    .await;
    assert!(began.elapsed() < SOON, "{:?}", began.elapsed());
    scene.until("running").await;
    scene.end().await;
}

#[tokio::test]
async fn fault_07_a_second_run_of_any_job_writes_nothing() {
    let scene = Scene::new().await;
    for (wish, status) in [
        ("desired_state = 'running'", "running"),
        ("restart_gen = restart_gen + 1", "running"),
        ("desired_state = 'stopped'", "stopped"),
        ("desired_state = 'running'", "running"),
        ("desired_state = 'deleted'", "deprovisioned"),
    ] {
        scene.wish(wish).await;
        scene.until(status).await;
        let before = scene.writes();
        scene.look_once().await;
        assert_eq!(scene.writes(), before, "{wish}");
        // The whole job again, as if nobody had seen that it was done.
        scene
            .world
            .run("update instances set observed_gen = observed_gen - 1")
            .await;
        scene.look_once().await;
        assert_eq!(scene.writes(), before, "{wish}");
        scene.until(status).await;
    }
    scene.end().await;
}

#[tokio::test]
async fn fault_27_what_somebody_took_over_is_ours_again_and_a_lost_race_is_run_again() {
    let scene = Scene::new().await;
    scene.run().await;
    let services: Api<Service> = Api::namespaced(scene.client.clone(), &scene.namespace);
    let by_hand =
        json!({"apiVersion": "v1", "kind": "Service", "metadata": {"labels": {LABEL: "somebody"}}});
    let how = PatchParams::apply("somebody").force();
    services
        .patch("synapse", &how, &Patch::Apply(&by_hand))
        .await
        .unwrap();
    scene.until_labelled("Service", "synapse").await;
    // Somebody else was faster at the mark of the last claim: looked at again, and gone on with.
    scene.way.trouble(Trouble {
        instead: Instead::Status(409, 0),
        of: |request| {
            request.method() == http::Method::PUT
                && request.uri().path().ends_with("/mindroom-anchor")
        },
        count: 1,
    });
    scene.wish("restart_gen = restart_gen + 1").await;
    scene.until("running").await;
    assert_eq!(scene.way.left(), 0);
    scene.end().await;
}

#[tokio::test]
async fn fault_43_watches_that_break_or_fall_silent_are_begun_anew() {
    let mut scene = Scene::new().await;
    scene.stop().await;
    // A watch hears something every minute; here it need not wait for that long.
    scene.silence = Some(Duration::from_secs(5));
    scene.start().await;
    scene.run().await;
    // What it was at is no longer kept by the API server.
    scene.way.trouble(Trouble {
        instead: Instead::Status(410, 0),
        of: is_watch,
        count: 20,
    });
    scene.way.set(State::Cut);
    scene.way.set(State::Open);
    let service = Kind::find("Service").unwrap();
    scene.delete(service, "synapse").await;
    scene.way.end_trouble();
    scene.until("running").await;

    scene.way.freeze();
    scene.delete(service, "synapse").await;
    scene.until("running").await;
    scene.end().await;
}

impl Scene {
    fn api(&self, kind: &Kind) -> Api<DynamicObject> {
        Api::namespaced_with(self.client.clone(), &self.namespace, &kind.resource())
    }

    /// One of the instance's objects of a kind.
    async fn first(&self, kind: &Kind) -> String {
        let ours = format!("mindroom.chat/instance={}", self.instance);
        let ours = ListParams::default().labels(&ours);
        let found = self.api(kind).list(&ours).await.unwrap();
        found.items.first().expect(kind.name).name_any()
    }

    /// Edits it, and waits until that is undone.
    async fn edit(&self, kind: &Kind, name: &str) {
        let edit = json!({"metadata": {"labels": {LABEL: "somebody"}}});
        self.api(kind)
            .patch(name, &PatchParams::default(), &Patch::Merge(&edit))
            .await
            .unwrap();
        self.until_labelled(kind.name, name).await;
    }

    async fn until_labelled(&self, kind: &str, name: &str) {
        let began = Instant::now();
        let api = self.api(Kind::find(kind).unwrap());
        until(&format!("{kind} {name} has its label"), async || {
            let object = api.get(name).await.unwrap();
            (object.labels()[LABEL] == "mindroom-instance").then_some(())
        })
        .await;
        assert!(began.elapsed() < SOON, "{kind}: {:?}", began.elapsed());
    }

    /// Deletes it, and waits until there is another one.
    async fn delete(&self, kind: &Kind, name: &str) {
        let began = Instant::now();
        let api = self.api(kind);
        let uid = api.get(name).await.unwrap().uid();
        api.delete(name, &DeleteParams::background()).await.unwrap();
        until(&format!("{} {name} is back", kind.name), async || {
            let found = api.get_opt(name).await.unwrap();
            found.filter(|object| object.uid() != uid).map(drop)
        })
        .await;
        let took = began.elapsed();
        assert!(took < SOON, "{} {name}: {took:?}", kind.name);
    }
}
