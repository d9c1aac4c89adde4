//! The command line, a subset of `spin up` under the same names.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};

/// Runs a Spin application on one machine, where there is no Spin.
#[derive(Debug, Parser)]
#[command(name = "dev-host", version)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serves the application until it is told to stop (Ctrl-C or SIGTERM).
    Up(Box<Up>),
}

#[derive(Debug, Args)]
pub(crate) struct Up {
    /// The application's manifest, or the folder that holds a `spin.toml`.
    #[arg(short, long, alias = "file", default_value = "spin.toml")]
    pub(crate) from: PathBuf,

    /// Address to serve on; port 0 takes a free one, which is printed.
    #[arg(long, default_value = "127.0.0.1:3000", env = "SPIN_HTTP_LISTEN_ADDR")]
    pub(crate) listen: SocketAddr,

    /// Value of an application variable: `name=value`, `name=@file`, `@file.toml` or `@file.json`.
    #[arg(long = "variable", value_name = "NAME=VALUE")]
    pub(crate) variables: Vec<String>,

    /// Environment variable for every component: `NAME=VALUE`.
    #[arg(short, long = "env", value_name = "NAME=VALUE", value_parser = parse_pair)]
    pub(crate) env: Vec<(String, String)>,

    /// Spin's runtime configuration (variable providers, limits).
    #[arg(long, env = "RUNTIME_CONFIG_FILE")]
    pub(crate) runtime_config_file: Option<PathBuf>,

    /// Where compiled components are kept; default `.spin` beside the manifest.
    #[arg(long)]
    pub(crate) state_dir: Option<PathBuf>,

    /// Keeps what components print to themselves.
    #[arg(short, long)]
    pub(crate) quiet: bool,

    /// Compiles anew, and keeps nothing.
    #[arg(long)]
    pub(crate) disable_cache: bool,

    #[command(flatten)]
    pub(crate) limits: Limits,
}

/// What one component may take.
#[derive(Clone, Debug, Args)]
pub(crate) struct Limits {
    /// Requests that one instance answers before it is replaced.
    #[arg(long, default_value_t = 128)]
    pub(crate) max_instance_reuse_count: usize,

    /// Requests that one instance works on at the same time.
    #[arg(long, default_value_t = 16)]
    pub(crate) max_instance_concurrent_reuse_count: usize,

    /// How long an instance without work is kept.
    #[arg(long, default_value = "1s", value_parser = parse_duration)]
    pub(crate) idle_instance_timeout: Duration,

    /// How long a component may take to begin its answer.
    #[arg(long, default_value = "120s", value_parser = parse_duration)]
    pub(crate) request_timeout: Duration,

    /// How long a component may compute without waiting for anything, before it is stopped.
    #[arg(long, default_value = "10s", value_parser = parse_duration)]
    pub(crate) max_busy_time: Duration,

    /// Largest memory of one instance, in bytes.
    #[arg(long, default_value_t = 256 << 20, env = "SPIN_MAX_INSTANCE_MEMORY")]
    pub(crate) max_instance_memory: usize,

    /// Requests in progress per component; more wait their turn.
    #[arg(long, default_value_t = 128)]
    pub(crate) max_concurrent_requests: usize,
}

fn parse_pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err(format!("`{text}` is not NAME=VALUE")),
    }
}

/// Spin's durations: a whole number with `s`, `ms`, `us` or `ns`; seconds without.
fn parse_duration(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let number: u64 = digits
        .parse()
        .map_err(|_| format!("`{text}` is not a duration"))?;
    match &text[digits.len()..] {
        "" | "s" => Ok(Duration::from_secs(number)),
        "ms" => Ok(Duration::from_millis(number)),
        "us" => Ok(Duration::from_micros(number)),
        "ns" => Ok(Duration::from_nanos(number)),
        unit => Err(format!(
            "`{unit}` is not a unit of time; use s, ms, us or ns"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn command_line_is_sound() {
        use clap::CommandFactory;
        Cli::command().debug_assert();
    }

    #[test]
    fn durations_have_units() {
        assert_eq!(parse_duration("2s"), Ok(Duration::from_secs(2)));
        assert_eq!(parse_duration("3"), Ok(Duration::from_secs(3)));
        assert_eq!(parse_duration("250ms"), Ok(Duration::from_millis(250)));
        assert!(parse_duration("2h").is_err());
        assert!(parse_duration("fast").is_err());
    }

    #[test]
    fn pairs_need_a_name() {
        assert_eq!(parse_pair("A=b=c"), Ok(("A".to_owned(), "b=c".to_owned())));
        assert!(parse_pair("=b").is_err());
        assert!(parse_pair("A").is_err());
    }
}
