//! Load for the figures of queue and cluster (`cargo xtask bench queue takeover cluster fleet`). Prints a line of JSON for each sample.

#![expect(
    clippy::unwrap_used,
    reason = "a load program that cannot go on says so by panicking"
)]

mod batches;
mod cluster;
mod fleet;
mod instances;
mod singles;
mod snapshot;
mod starts;
mod takeover;
mod world;

use clap::{Parser, ValueEnum};
use serde_json::json;

/// What it is told.
#[derive(Parser)]
struct Arguments {
    part: Part,
    /// Samples of each figure.
    #[arg(long, default_value_t = 1)]
    rounds: usize,
    /// Seconds of load behind one sample.
    #[arg(long, default_value_t = 2)]
    seconds: u64,
    /// Seconds for which a snapshot is held open.
    #[arg(long, default_value_t = 5)]
    snapshot_seconds: u64,
    /// Instances of the parts `cluster` and `fleet`.
    #[arg(long, default_value_t = 20)]
    instances: usize,
    /// The database of the parts `daemon` and `fleet-daemon`.
    #[arg(long)]
    url: Option<String>,
    /// That of instances' databases of the part `fleet-daemon`.
    #[arg(long)]
    admin_url: Option<String>,
    /// Given by `cargo bench`.
    #[arg(long, hide = true)]
    bench: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Part {
    /// Throughput, times and log of the queue.
    Queue,
    /// What happens to the work of a daemon that ends.
    Takeover,
    /// Instances in the cluster of `KUBECONFIG`.
    Cluster,
    /// Many instances in it.
    Fleet,
    /// A daemon that the part `takeover` starts.
    Daemon,
    /// A daemon that the part `fleet` starts.
    FleetDaemon,
}

#[tokio::main]
async fn main() {
    let arguments = Arguments::parse();
    match arguments.part {
        Part::Queue => queue(&arguments).await,
        Part::Takeover => takeover::measure(arguments.rounds).await,
        Part::Cluster => cluster::measure(arguments.instances).await,
        Part::Fleet => fleet::measure(arguments.instances).await,
        Part::Daemon => takeover::daemon(&arguments.url.unwrap()).await,
        Part::FleetDaemon => {
            fleet::daemon(&arguments.url.unwrap(), &arguments.admin_url.unwrap()).await;
        }
    }
}

async fn queue(arguments: &Arguments) {
    let world = world::World::new().await;
    for _ in 0..arguments.rounds {
        batches::measure(&world, arguments.seconds).await;
        singles::measure(&world, arguments.seconds).await;
        starts::measure(&world, arguments.seconds).await;
        snapshot::measure(&world, arguments.snapshot_seconds).await;
    }
}

/// Tells a sample.
fn sample(name: &str, value: f64) {
    println!("{}", json!({"name": name, "value": value}));
}
