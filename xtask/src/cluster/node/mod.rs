//! The cluster's node: containerd, kubelet, kube-proxy, names, network policies and volumes, in namespaces of their own
//! on this machine. This machine and the node reach each other by a link; nothing else of this machine is changed, and
//! what the node makes (bridges, mounts, shims, rules) ends with its namespaces.

mod image;
mod instance;
mod network;
mod parts;
mod settings;

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use nix::sys::signal::Signal;
use serde_json::{Value, json};

pub(super) use self::network::Network;
use self::parts::Inside;
pub(super) use self::parts::NAMES;
use super::{STOP_LIMIT, api, programs};
use crate::up::launch::Folders;
use crate::up::state::State;
use crate::{step, tools};

/// What the node is called.
const NAME: &str = "node";

/// What of its state folder is the node's.
pub(super) const FOLDER: &str = "node";
/// The file with its addresses.
pub(super) const NETWORK: &str = network::FILE;

/// How long it may take until pods can be placed.
const READY_WITHIN: Duration = Duration::from_secs(60);

/// Why there can be no node here, if so.
pub(crate) fn obstacle() -> Option<&'static str> {
    if !cfg!(target_os = "linux") {
        return Some("a node needs Linux");
    }
    (!tools::is_root()).then_some("a node needs root")
}

/// Builds what is missing and chooses addresses; a cluster keeps those that it has.
pub(super) fn prepare(state: &State) -> Result<Network> {
    if let Some(obstacle) = obstacle() {
        bail!("{obstacle}");
    }
    programs::install_packages()?;
    image::pause()?;
    if let Some(network) = Network::of(state)? {
        return Ok(network);
    }
    ensure!(
        !state.path().join("etcd").exists(),
        "this cluster was made without a node: take it down first"
    );
    Network::choose(state)
}

/// The machine that is to be a node, with a link to it.
pub(super) async fn start_machine(
    state: &State,
    folders: &Folders,
    network: Network,
) -> Result<()> {
    super::start(vec![parts::machine(state, network)?], folders).await?;
    let inside = Inside {
        state,
        network,
        machine: pid(folders)?,
    };
    let (link, machine) = (network.name(), inside.machine.to_string());
    let host = format!("{}/30", network.host());
    let node = format!("{}/30", network.node());
    let ip = |arguments: &[&str]| run(Command::new("ip").args(arguments));
    ip(&[
        "link", "add", &link, "type", "veth", "peer", "name", "eth0", "netns", &machine,
    ])?;
    ip(&["address", "add", &host, "dev", &link])?;
    ip(&["link", "set", &link, "up"])?;
    ip(&[
        "route",
        "add",
        &network.inside(),
        "via",
        &network.node().to_string(),
    ])?;
    let ip = |arguments: &[&str]| {
        run(Command::new("nsenter")
            .args(inside.enter())
            .arg("ip")
            .args(arguments))
    };
    ip(&["link", "set", "lo", "up"])?;
    ip(&["address", "add", &node, "dev", "eth0"])?;
    ip(&["link", "set", "eth0", "up"])?;
    ip(&[
        "route",
        "add",
        "default",
        "via",
        &network.host().to_string(),
    ])
}

/// Makes a node of the machine.
pub(super) async fn start(state: &State, folders: &Folders, network: Network) -> Result<()> {
    settings::write(state, network)?;
    let inside = Inside {
        state,
        network,
        machine: pid(folders)?,
    };
    super::start(vec![inside.runtime()?], folders).await?;
    import(&inside, &image::pause()?)?;
    super::start(inside.kubernetes()?, folders).await?;
    await_ready(state).await?;
    super::start(vec![inside.policies()?], folders).await
}

/// Takes the images of instances in; answers the chart's values for them.
pub(super) fn give_images(state: &State, folders: &Folders, network: Network) -> Result<Value> {
    let inside = Inside {
        state,
        network,
        machine: pid(folders)?,
    };
    let (synapse, mindroom) = instance::pack()?;
    import(&inside, &synapse.archive)?;
    import(&inside, &mindroom.archive)?;
    Ok(json!({
        "synapse": synapse.name, "mindroom": mindroom.name, "pullPolicy": "Never",
    }))
}

/// Takes an image in.
fn import(inside: &Inside<'_>, archive: &Path) -> Result<()> {
    let mut ctr = Command::new("nsenter");
    ctr.args(inside.enter())
        .arg(programs::CTR.program()?)
        .args(["--namespace", "k8s.io", "images", "import", "--local"])
        .args(["--snapshotter", image::SNAPSHOTTER])
        .arg(archive);
    let name = archive.file_stem().unwrap_or_default().to_string_lossy();
    step::run(
        &format!("import-{name}"),
        &format!("giving the node the image {name}"),
        &mut ctr,
    )
}

async fn await_ready(state: &State) -> Result<()> {
    let progress = step::Progress::start("waiting for the node");
    let started = Instant::now();
    loop {
        match takes_pods(state).await {
            Ok(true) => {
                progress.done();
                return Ok(());
            }
            outcome if started.elapsed() > READY_WITHIN => {
                progress.fail();
                bail!("the node takes no pods after {READY_WITHIN:?}: {outcome:?}");
            }
            _ => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
}

/// Whether the node says that it is ready, and pods of the default namespace have an account to run as.
async fn takes_pods(state: &State) -> Result<bool> {
    let node = api::get(state, &format!("/api/v1/nodes/{NAME}")).await?;
    api::get(state, "/api/v1/namespaces/default/serviceaccounts/default").await?;
    let conditions = node["status"]["conditions"].as_array();
    Ok(conditions
        .into_iter()
        .flatten()
        .any(|condition| condition["type"] == "Ready" && condition["status"] == "True"))
}

/// Ends the machine with all that is in it, and removes its control groups.
pub(super) fn end(state: &State, folders: &Folders) -> Result<()> {
    for (name, record) in folders.records() {
        if name == parts::MACHINE {
            record.end(Signal::SIGKILL, STOP_LIMIT);
            folders.forget(&name);
        }
    }
    let Some(network) = Network::of(state)? else {
        return Ok(());
    };
    let trees = Path::new("/sys/fs/cgroup");
    let mut trees: Vec<_> = std::fs::read_dir(trees)
        .into_iter()
        .flatten()
        .flatten()
        .map(|tree| tree.path())
        .collect();
    trees.push("/sys/fs/cgroup".into());
    for tree in trees {
        remove_group(&tree.join(network.name()))?;
    }
    Ok(())
}

/// Removes a control group with those below it, once the last process in it is gone.
fn remove_group(group: &Path) -> Result<()> {
    if !group.is_dir() {
        return Ok(());
    }
    for entry in std::fs::read_dir(group)?.flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            remove_group(&entry.path())?;
        }
    }
    let started = Instant::now();
    loop {
        match std::fs::remove_dir(group) {
            Err(error)
                if error.kind() == std::io::ErrorKind::ResourceBusy
                    && started.elapsed() < STOP_LIMIT =>
            {
                std::thread::sleep(Duration::from_millis(20));
            }
            outcome => return outcome.with_context(|| format!("remove {}", group.display())),
        }
    }
}

/// The process that holds the namespaces.
fn pid(folders: &Folders) -> Result<i32> {
    let records = folders.records();
    let machine = records
        .iter()
        .find(|(name, record)| name == parts::MACHINE && record.is_running());
    machine
        .map(|(_, record)| record.pid)
        .context("the cluster has no node that runs")
}

fn run(command: &mut Command) -> Result<()> {
    let output = command
        .output()
        .with_context(|| format!("run {command:?}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{command:?}: {}", said.trim());
    Ok(())
}
