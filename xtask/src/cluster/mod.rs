//! `cargo xtask cluster`: a real control plane on this machine, for tests and for development. Without a node objects
//! are accepted, defaulted, scheduled and refused as anywhere, and no container runs; with one pods do run.

mod account;
mod api;
mod credentials;
mod fake;
pub(crate) mod node;
mod parts;
mod programs;

use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use clap::{Args, Subcommand};
use nix::sys::signal::Signal;
use serde_json::json;

pub(crate) use self::account::NAME as SERVICE_ACCOUNT;
use self::node::Network;
pub(crate) use self::programs::HELM;
use crate::step;
use crate::up::launch::{Folders, Launched};
use crate::up::part::Part;
use crate::up::ports::Ports;
use crate::up::state::State;
use crate::workspace;

/// How long a part may take to end before it is killed.
const STOP_LIMIT: Duration = Duration::from_secs(10);

/// What the folder holds of ours; what somebody else put beside it stays.
const FOLDERS: &[&str] = &["audit", "certificates", "etcd", "logs", node::FOLDER, "run"];

/// Values of instances on the node; JSON is YAML.
const VALUES: &str = "values.yaml";

/// What `cargo xtask cluster` takes.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Start etcd, API server, controller manager and scheduler, and print how to reach them.
    Up {
        #[command(flatten)]
        options: Options,
        /// With a node on which pods run; needs root and Linux.
        #[arg(long)]
        node: bool,
        /// With so many nodes that only say that they run pods, and volumes for these.
        #[arg(long, default_value_t = 0, conflicts_with = "node")]
        fake_nodes: u16,
    },
    /// Make the images of instances, give them to the node, give the daemon its account, and print how `up` uses it.
    Images(Options),
    /// End them and remove everything that they kept.
    Down(Options),
}

/// Where the cluster lives.
#[derive(Args)]
pub(crate) struct Options {
    /// Folder for everything that is kept; below the work tree unless it is absolute.
    #[arg(long, default_value = ".mindroom/cluster")]
    state_dir: PathBuf,
}

/// Runs the command.
pub(crate) fn run(command: &Command) -> Result<()> {
    let at = |options: &Options| workspace::root().join(&options.state_dir);
    match command {
        Command::Up {
            options,
            node,
            fake_nodes,
        } => {
            let started = Instant::now();
            let kubeconfig = up(&at(options), *node)?;
            if *fake_nodes > 0 {
                fake::add(&at(options), *fake_nodes)?;
            }
            println!("ready after {:.1} s", started.elapsed().as_secs_f64());
            println!("  export KUBECONFIG={}", kubeconfig.display());
            println!("  helm is {}", HELM.program()?.display());
            Ok(())
        }
        Command::Images(options) => {
            let instances = images(&at(options))?;
            println!("  export KUBECONFIG={}", instances.kubeconfig.display());
            println!("  export SERVICE_ACCOUNT={SERVICE_ACCOUNT}");
            println!("  export INSTANCE_VALUES={}", instances.values.display());
            println!(
                "  cargo xtask up --driver kubernetes --address-for-pods {}",
                instances.address
            );
            Ok(())
        }
        Command::Down(options) => down(&at(options)),
    }
}

/// Starts what does not run yet; answers the kubeconfig of its administrator. A node stays with its cluster.
pub(crate) fn up(folder: &Path, with_node: bool) -> Result<PathBuf> {
    crate::up::install_tls_provider();
    programs::CONTROL_PLANE.program()?;
    HELM.program()?;
    let state = State::open(folder)?;
    let network = match Network::of(&state)? {
        None if !with_node => None,
        _ => Some(node::prepare(&state)?),
    };
    let folders = folders(&state)?;
    let kubeconfig = state.path().join(credentials::ADMIN);
    if runs(&folders, network) {
        return Ok(kubeconfig);
    }
    end(&state, &folders)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let started = runtime.block_on(start_all(&state, &folders, network));
    if started.is_err() {
        end(&state, &folders)?;
    }
    started.map(|()| kubeconfig)
}

async fn start_all(state: &State, folders: &Folders, network: Option<Network>) -> Result<()> {
    if let Some(network) = network {
        node::start_machine(state, folders, network).await?;
    }
    let ports = Ports::load(state, parts::PORTS)?;
    credentials::prepare(state, &parts::api_server(&ports, network)?)?;
    let program = programs::CONTROL_PLANE.program()?;
    for stage in parts::stages(state, &ports, &program, network)? {
        start(stage, folders).await?;
    }
    match network {
        Some(network) => node::start(state, folders, network).await,
        None => Ok(()),
    }
}

/// What `up` is told to have its instances on the cluster's node.
pub(crate) struct Instances {
    /// The daemon's way to the cluster, with the rights of its account.
    pub(crate) kubeconfig: PathBuf,
    /// A file with values for all of them.
    pub(crate) values: PathBuf,
    /// This machine's address for pods.
    pub(crate) address: Ipv4Addr,
}

/// Gives the node what instances run, and the daemon its account.
pub(crate) fn images(folder: &Path) -> Result<Instances> {
    let state = State::open(folder)?;
    let network = Network::of(&state)?.context("the cluster has no node")?;
    let images = node::give_images(&state, &folders(&state)?, network)?;
    let address = network.host();
    let here = format!("{address}/32");
    state.write_json(
        VALUES,
        &json!({
            "images": images,
            "database": {"cidr": here},
            "dns": {"cidrs": [format!("{}/32", network.node())]},
            "ingress": {"enabled": false, "cidrs": [here]},
            "model": {"cidrs": [here]},
            "platform": {"cidrs": [here]},
        }),
    )?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    Ok(Instances {
        kubeconfig: runtime.block_on(account::make(&state))?,
        values: state.path().join(VALUES),
        address,
    })
}

/// Ends what runs and removes what it kept.
pub(crate) fn down(folder: &Path) -> Result<()> {
    if !folder.exists() {
        return Ok(());
    }
    let state = State::open(folder)?;
    end(&state, &folders(&state)?)?;
    for name in FOLDERS {
        remove(std::fs::remove_dir_all(state.path().join(name)))?;
    }
    for name in credentials::FILES.iter().chain(&[
        "ports.json",
        node::NETWORK,
        account::FILE,
        VALUES,
        "lock",
    ]) {
        remove(std::fs::remove_file(state.path().join(name)))?;
    }
    // not empty when somebody else keeps something there
    let _ = std::fs::remove_dir(state.path());
    Ok(())
}

/// Nothing to remove is as good.
fn remove(outcome: std::io::Result<()>) -> Result<()> {
    match outcome {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).context("remove what the cluster kept")
        }
        _ => Ok(()),
    }
}

fn folders(state: &State) -> Result<Folders> {
    Ok(Folders {
        logs: state.dir("logs")?,
        records: state.dir("run")?,
    })
}

/// Whether every part runs.
fn runs(folders: &Folders, network: Option<Network>) -> bool {
    let records = folders.records();
    let of_node = network.map_or(&[][..], |_| node::NAMES);
    parts::NAMES.iter().chain(of_node).all(|part| {
        let mut of_part = records.iter().filter(|(name, _)| name == part);
        of_part.any(|(_, record)| record.is_running())
    })
}

/// Starts parts together and waits until all serve.
async fn start(stage: Vec<Part>, folders: &Folders) -> Result<()> {
    let mut launched = Vec::new();
    for part in stage {
        folders.rotate_log(part.name)?;
        let life = Launched::start(&part, folders)?;
        launched.push((part, life));
    }
    for (part, mut life) in launched {
        let progress = step::Progress::start(&format!("starting {}", part.name));
        let outcome = life.await_ready(&part).await;
        match outcome {
            Ok(()) => progress.done(),
            Err(_) => progress.fail(),
        }
        outcome?;
    }
    Ok(())
}

/// Ends what the records name: etcd last, since the others use it.
fn end(state: &State, folders: &Folders) -> Result<()> {
    node::end(state, folders)?;
    let mut records = folders.records();
    let place = |name: &str| parts::NAMES.iter().position(|part| *part == name);
    records.sort_by_key(|(name, _)| std::cmp::Reverse(place(name)));
    for (name, record) in records {
        record.end(Signal::SIGTERM, STOP_LIMIT);
        folders.forget(&name);
    }
    Ok(())
}
