//! The driver: instances that come, stay and go, and what it makes of what others do to them.

use std::path::Path;

use k8s_openapi::api::apps::v1::{Deployment, StatefulSet};
use k8s_openapi::api::core::v1::Secret;
use kube::ResourceExt;
use kube::api::{Api, Patch, PatchParams};
use serde_json::json;

use store::daemon::instance_databases;

use super::scene::Scene;
use super::space::until;
use crate::world::connect;

#[tokio::test]
async fn an_instance_comes_and_stays_as_it_was_wished() {
    let scene = Scene::new().await;
    scene.run().await;
    let objects = scene.objects().await;
    assert_eq!(objects.len(), 18, "{objects:?}");
    assert_eq!(scene.listed().await, objects);
    let told: bool = scene
        .world
        .ask(
            "select owner_matrix_id = '@ann:acme.example.com' and mindroom_version = '2026.10.589' \
             and internal_urls ? 'matrix' from instances",
        )
        .await;
    assert!(told);
    // Looked at again, nothing is written: neither there nor here.
    let before = scene.writes();
    assert!(before > 18, "{before}");
    scene.look_once().await;
    assert_eq!(scene.writes(), before);
    assert_eq!(scene.objects().await, objects);
    scene.end().await;
}

#[tokio::test]
async fn a_first_password_is_kept_until_its_owner_has_signed_in() {
    let scene = Scene::new().await;
    scene.run().await;
    // As Synapse writes it: one for the owner's keys at the beginning, one for each time they sign in.
    let name = instance_databases::name(scene.instance);
    let database = connect(&name).await;
    let devices = format!(
        "set role {name}; create table devices (user_id text, device_id text, hidden boolean);
         insert into devices values ('@ann:acme.example.com', 'a key', true), ('@other:acme.example.com', 'X', false)"
    );
    database.batch_execute(&devices).await.unwrap();
    let kept = "select count(*) from instance_secrets where name = 'owner_password'";
    let reads =
        "select coalesce(sum(seq_scan), 0) > 1 from pg_stat_user_tables where relname = 'devices'";
    until("the daemon looks", async || {
        let row = database.query_one(reads, &[]).await.unwrap();
        row.get::<_, bool>(0).then_some(())
    })
    .await;
    assert_eq!(scene.world.ask::<i64>(kept).await, 1);
    database
        .execute(
            "insert into devices values ('@ann:acme.example.com', 'Y', false)",
            &[],
        )
        .await
        .unwrap();
    scene.world.until(&format!("({kept}) = 0")).await;
    scene
        .world
        .until("select count(*) = 1 from instance_events where name = 'owner_signed_in'")
        .await;
    drop(database);
    scene.end().await;
}

#[tokio::test]
async fn stop_start_restart_and_another_plan_change_only_what_they_must() {
    let scene = Scene::new().await;
    scene.run().await;
    let objects = scene.objects().await;
    let secret = resource_version(&scene).await;
    scene.wish("desired_state = 'stopped'").await;
    scene.until("stopped").await;
    assert_eq!(scene.objects().await, objects);
    for change in [
        "desired_state = 'running'",
        "restart_gen = restart_gen + 1",
        "tier = 'pro'",
        "tier = 'hobby'",
    ] {
        scene.wish(change).await;
        scene.until("running").await;
        assert_eq!(scene.objects().await, objects, "{change}");
    }
    // Here no disk is behind it, so it can neither grow with the plan nor shrink.
    assert_eq!(scene.volume_size().await, "10Gi");
    assert_eq!(resource_version(&scene).await, secret, "secrets stay");
    scene.end().await;
}

#[tokio::test]
async fn paused_agents_leave_the_homeserver_running() {
    let scene = Scene::new().await;
    scene.run().await;
    for (change, agents, notice) in [
        (
            "ai_paused = true",
            0,
            "Its agents are paused until the plan is paid.",
        ),
        ("ai_paused = false", 1, ""),
    ] {
        scene.wish(change).await;
        scene.until("running").await;
        let deployments: Api<Deployment> = Api::namespaced(scene.client.clone(), &scene.namespace);
        let sets: Api<StatefulSet> = Api::namespaced(scene.client.clone(), &scene.namespace);
        let wanted = (
            deployments
                .get("mindroom")
                .await
                .unwrap()
                .spec
                .unwrap()
                .replicas,
            sets.get("synapse").await.unwrap().spec.unwrap().replicas,
        );
        assert_eq!(wanted, (Some(agents), Some(1)), "{change}");
        let said: String = scene
            .world
            .ask("select coalesce(notice, '') from instances")
            .await;
        assert_eq!(said, notice);
    }
    scene.end().await;
}

#[tokio::test]
async fn fault_44_a_list_that_is_lost_is_made_anew_and_nothing_is_removed() {
    let scene = Scene::new().await;
    scene.run().await;
    let objects = scene.objects().await;
    scene.world.run("delete from prov.cluster_objects").await;
    scene.wish("desired_state = 'running'").await;
    scene.until("running").await;
    scene.world.run("delete from prov.cluster_renders").await;
    scene.wish("desired_state = 'running'").await;
    scene.until("running").await;
    assert_eq!(scene.objects().await, objects);
    assert_eq!(scene.listed().await, objects);
    scene.end().await;
}

#[tokio::test]
async fn fault_47_a_render_that_would_remove_most_of_it_waits_for_a_person() {
    let mut scene = Scene::new().await;
    scene.run().await;
    let objects = scene.objects().await;
    scene.stop().await;
    let folder = tempfile::tempdir().unwrap();
    let small = folder.path().join("instance");
    copy(&super::super::helm::chart(), &small);
    for template in [
        "networkpolicies",
        "limits",
        "ingress",
        "serviceaccount",
        "storage",
    ] {
        std::fs::remove_file(small.join(format!("templates/{template}.yaml"))).unwrap();
    }
    scene.with_chart(&small);
    scene.start().await;
    scene.wish("desired_state = 'running'").await;
    scene.until("error").await;
    // Two when the look that a starting daemon takes had ended before the wish was made.
    let all_by_this: bool = scene
        .world
        .ask("select bool_and(error->>'message' like '%mass-prune%') from prov.job_history where outcome = 'blocked'")
        .await;
    assert!(all_by_this);
    assert_eq!(scene.objects().await, objects);

    scene
        .world
        .run("select prov.confirm_render(id) from instances; select prov.ring(0)")
        .await;
    scene
        .world
        .until("select status = 'running' from instances")
        .await;
    let left = scene.objects().await;
    // the volumes, which no render removes, and what is rendered
    assert_eq!(left.len(), 10, "{left:?}");
    assert!(
        left.iter()
            .any(|id| id.starts_with("PersistentVolumeClaim/mindroom"))
    );
    scene.end().await;
}

#[tokio::test]
async fn fault_45_a_later_claim_in_the_namespace_keeps_an_earlier_one_out() {
    let scene = Scene::new().await;
    scene.run().await;
    let anchors: Api<k8s_openapi::api::core::v1::ConfigMap> =
        Api::namespaced(scene.client.clone(), &scene.namespace);
    let later = json!({"data": {"fence": "1000000"}});
    anchors
        .patch(
            "mindroom-anchor",
            &PatchParams::default(),
            &Patch::Merge(&later),
        )
        .await
        .unwrap();
    scene.wish("restart_gen = restart_gen + 1").await;
    scene.until("running").await;
    let raised: i64 = scene
        .world
        .ask("select last_value from prov.fence_seq")
        .await;
    assert!(raised > 1_000_000, "{raised}");
    scene.end().await;
}

impl Scene {
    async fn volume_size(&self) -> String {
        let volumes: Api<k8s_openapi::api::core::v1::PersistentVolumeClaim> =
            Api::namespaced(self.client.clone(), &self.namespace);
        let volume = volumes.get("synapse").await.unwrap();
        let asked = volume.spec.unwrap().resources.unwrap().requests.unwrap();
        asked["storage"].0.clone()
    }
}

async fn resource_version(scene: &Scene) -> Option<String> {
    let secrets: Api<Secret> = Api::namespaced(scene.client.clone(), &scene.namespace);
    secrets
        .get("instance-synapse")
        .await
        .unwrap()
        .resource_version()
}

pub(super) fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            std::fs::copy(&path, &target).unwrap();
        }
    }
}
