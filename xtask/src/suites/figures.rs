//! Figures of one run, without thresholds, since machines are noisy.

use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result};

use super::platform::Platform;
use super::{on_platform, visibly};
use crate::workspace;

/// Prints sizes, start times and throughput.
pub(crate) fn print(platform: &Platform) -> Result<()> {
    module_sizes()?;
    host_starts(platform)?;
    let mut load = on_platform(platform, "figures")?;
    visibly("figures", load.arg("--nocapture"))
}

fn module_sizes() -> Result<()> {
    let mut modules: Vec<_> = std::fs::read_dir(workspace::functions_output())?
        .flatten()
        .filter(|entry| {
            entry
                .path()
                .extension()
                .is_some_and(|extension| extension == "wasm")
        })
        .map(|entry| Ok((entry.file_name(), entry.metadata()?.len())))
        .collect::<Result<_>>()?;
    modules.sort();
    for (name, size) in modules {
        println!("module {}: {} KB", name.to_string_lossy(), size / 1000);
    }
    Ok(())
}

/// The host with an empty folder for compiled modules, then with that folder filled.
fn host_starts(platform: &Platform) -> Result<()> {
    let folder = workspace::target().join("figures-host");
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    for how in ["cold", "warm"] {
        let started = Instant::now();
        let mut host = Command::new(workspace::program("dev-host"));
        host.current_dir(workspace::root())
            .args([
                "up",
                "--from",
                "spin.toml",
                "--listen",
                "127.0.0.1:0",
                "--quiet",
                "--state-dir",
            ])
            .arg(&folder)
            .envs(variables(platform)?)
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::null());
        let mut host = host.spawn().context("start the host")?;
        let output = host.stdout.take().context("the host's output")?;
        let serves = std::io::BufRead::lines(std::io::BufReader::new(output))
            .map_while(std::result::Result::ok)
            .any(|line| line.starts_with("Serving "));
        let took = started.elapsed();
        host.kill()?;
        host.wait()?;
        anyhow::ensure!(serves, "the host does not serve");
        println!("{how} start of the host: {took:.2?}");
    }
    Ok(())
}

/// The functions' variables, as a person with Spin would take them.
fn variables(platform: &Platform) -> Result<Vec<(String, String)>> {
    let text = std::fs::read_to_string(platform.state().join("spin.env"))?;
    let pairs = text.lines().filter_map(|line| line.split_once('='));
    Ok(pairs
        .map(|(name, value)| (name.to_owned(), value.trim_matches(['\'', '"']).to_owned()))
        .collect())
}
