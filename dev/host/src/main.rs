//! Runs a Spin application (`spin.toml`) on one machine, where there is no Spin.
//!
//! Everything that a component sees (routes, headers, variables, allowed hosts, errors, reuse of
//! instances) is as Spin >= 4.1 does it; where this host is stricter, the place says so.

mod app;
mod application;
mod bindings;
mod choice;
mod cli;
mod outbound;
mod postgres;
mod runtime;
mod server;
mod up;

use std::io::IsTerminal as _;
use std::process::ExitCode;

use clap::Parser as _;
use tracing_subscriber::EnvFilter;

use crate::cli::{Cli, Command};

fn main() -> ExitCode {
    let Cli {
        command: Command::Up(options),
    } = Cli::parse();
    log();
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error.into()),
    };
    let outcome = runtime.block_on(up::run(*options));
    // Components that still compute would hold the runtime up.
    runtime.shutdown_background();
    outcome.map_or_else(|error| fail(&error), |()| ExitCode::SUCCESS)
}

fn fail(error: &anyhow::Error) -> ExitCode {
    tracing::error!("{error:#}");
    ExitCode::FAILURE
}

fn log() {
    let default = EnvFilter::new("warn,dev_host=info");
    let filter = EnvFilter::try_from_default_env().unwrap_or(default);
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .init();
}
