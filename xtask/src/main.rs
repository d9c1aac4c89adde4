//! Every command a person or CI runs: `cargo xtask build | up | logs | test | bench | check | cluster | openapi`.

mod apt;
mod bench;
mod build;
mod check;
mod cluster;
mod exclusive;
mod fingerprint;
mod go_tools;
mod logs;
mod npm;
mod openapi;
mod python_tools;
mod step;
mod suites;
mod tools;
mod up;
mod workspace;

use clap::{Parser, Subcommand};

/// The commands of this repository.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build functions (WASM), portal and native programs; what is unchanged is left alone.
    Build,
    /// Format, lint, the architecture's rules, licences and generated files: everything that needs no running
    /// system. All of it, or the checks whose name is given.
    Check(check::Options),
    /// Write `openapi.json` and the portal's client from the code.
    Openapi(openapi::Options),
    /// Run the whole system on this machine until Ctrl-C.
    Up(up::Options),
    /// Start or end a Kubernetes control plane on this machine.
    #[command(subcommand)]
    Cluster(cluster::Command),
    /// Print what the processes of one instance print.
    Logs(logs::Options),
    /// Run the test suites, or those whose name is given.
    Test(suites::Options),
    /// Measure the figures that the platform is to reach, or those whose name is given (docs/bench.md).
    Bench(bench::Options),
}

fn main() -> std::process::ExitCode {
    let outcome = match Cli::parse().command {
        Command::Build => build::run(),
        Command::Check(options) => check::run(&options),
        Command::Openapi(options) => openapi::run(&options),
        Command::Up(options) => up::run(&options),
        Command::Cluster(command) => cluster::run(&command),
        Command::Logs(options) => logs::run(&options),
        Command::Test(options) => suites::run(&options),
        Command::Bench(options) => bench::run(&options),
    };
    match outcome {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            std::process::ExitCode::FAILURE
        }
    }
}
