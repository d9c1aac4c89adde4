//! Fake nodes: pods are scheduled to them and said to run, and no container does. For thousands of instances.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use futures::{StreamExt, TryStreamExt};
use nix::sys::signal::Signal;
use serde_json::{Value, json};

use super::api::Api;
use super::{credentials, programs};
use crate::up::part::{Part, Ready};
use crate::up::ports;
use crate::up::state::State;
use crate::workspace;

const NAME: &str = "kwok";
/// What a node has room for, and the volumes that are there for them.
const PODS: u16 = 110;
/// Objects that are made at a time.
const AT_ONCE: usize = 16;
const START_LIMIT: Duration = Duration::from_secs(90);

/// Adds that many to a cluster that runs. Each has volumes, since nobody makes them as they are asked for.
pub(crate) fn add(folder: &Path, count: u16) -> Result<()> {
    let state = State::open(folder)?;
    let folders = super::folders(&state)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let records = folders.records();
        let mut of_part = records.iter().filter(|(name, _)| name == NAME);
        if !of_part.any(|(_, record)| record.is_running()) {
            super::start(vec![part(&state)?], &folders).await?;
        }
        let api = Api::of(&state)?;
        make(&api, "/api/v1/nodes", (0..count).map(node)).await?;
        let volumes = 0..u32::from(count) * u32::from(PODS);
        make(&api, "/api/v1/persistentvolumes", volumes.map(volume)).await
    })
}

fn part(state: &State) -> Result<Part> {
    let port = ports::find_free()?;
    let file = |path: std::path::PathBuf| path.display().to_string();
    let health = format!("http://127.0.0.1:{port}/healthz");
    Ok(Part {
        name: NAME,
        program: programs::KWOK.program()?,
        arguments: vec![
            format!(
                "--kubeconfig={}",
                file(state.path().join(credentials::ADMIN))
            ),
            format!(
                "--config={}",
                file(workspace::root().join("xtask/fake-nodes/stages.yaml"))
            ),
            format!("--server-address=127.0.0.1:{port}"),
            "--manage-nodes-with-label-selector=fake=true".to_owned(),
        ],
        environment: Vec::new(),
        run_as: None,
        folder: Some(state.path().to_path_buf()),
        ready: Ready::Answers(health.parse().context("make a part's address")?),
        start_limit: START_LIMIT,
        stop_signal: Signal::SIGTERM,
        stop_limit: super::STOP_LIMIT,
        after_stop: None,
    })
}

async fn make(api: &Api, path: &str, objects: impl Iterator<Item = Value>) -> Result<()> {
    let made = objects.map(|object| async move { api.make(path, &object).await });
    futures::stream::iter(made)
        .buffer_unordered(AT_ONCE)
        .try_collect()
        .await
}

fn node(number: u16) -> Value {
    let room = json!({"cpu": "1000", "memory": "10Ti", "pods": PODS.to_string()});
    json!({"apiVersion": "v1", "kind": "Node",
        "metadata": {"name": format!("fake-{number}"), "labels": {"fake": "true"}},
        "status": {"allocatable": room, "capacity": room}})
}

fn volume(number: u32) -> Value {
    json!({"apiVersion": "v1", "kind": "PersistentVolume",
        "metadata": {"name": format!("fake-{number}")},
        "spec": {"capacity": {"storage": "1Ti"}, "accessModes": ["ReadWriteOnce"],
            "persistentVolumeReclaimPolicy": "Retain", "hostPath": {"path": "/nonexistent"}}})
}
