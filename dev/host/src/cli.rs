//! The command line, a subset of `spin up` under the same names.

use std::net::{SocketAddr, ToSocketAddrs as _};
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};

use crate::choice::{self, Choice};

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
    #[arg(long, default_value = "127.0.0.1:3000", env = "SPIN_HTTP_LISTEN_ADDR", value_parser = parse_address)]
    pub(crate) listen: SocketAddr,

    /// Takes the next port that is free, if the one to listen on is not.
    #[arg(long)]
    pub(crate) find_free_port: bool,

    /// Serves these components only; may be given more than once.
    #[arg(short, long = "component-id", value_name = "ID")]
    pub(crate) components: Vec<String>,

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
    /// Requests that one instance answers before it is replaced; a number or a range `1..8`, from
    /// which each instance takes one at random.
    #[arg(long, default_value = "128", value_parser = choice::count)]
    pub(crate) max_instance_reuse_count: Choice<usize>,

    /// Requests that one instance works on at the same time; a number or a range.
    #[arg(long, default_value = "16", value_parser = choice::count)]
    pub(crate) max_instance_concurrent_reuse_count: Choice<usize>,

    /// How long an instance without work is kept; a time or a range.
    #[arg(long, default_value = "1s", env = "SPIN_HTTP_IDLE_INSTANCE_TIMEOUT_SECS", value_parser = choice::time)]
    pub(crate) idle_instance_timeout: Choice<Duration>,

    /// How long a component may take to begin its answer; a time or a range. (Spin: no limit.)
    #[arg(long, default_value = "120s", value_parser = choice::time)]
    pub(crate) request_timeout: Choice<Duration>,

    /// How long a component may compute without waiting for anything, before it is stopped.
    #[arg(long, default_value = "10s", value_parser = choice::duration)]
    pub(crate) max_busy_time: Duration,

    /// Largest memory of one instance, in bytes; default 256 MiB. (Spin: 4 GiB.)
    #[arg(long, env = "SPIN_MAX_INSTANCE_MEMORY")]
    pub(crate) max_instance_memory: Option<usize>,

    /// Requests in progress per component, and as many again that come from components; more wait
    /// their turn.
    #[arg(long, default_value_t = 128)]
    pub(crate) max_concurrent_requests: usize,

    /// How long a request waits for its turn, before it is answered 503, and a component for a
    /// connection. (Spin: for ever.)
    #[arg(long, default_value = "30s", value_parser = choice::duration)]
    pub(crate) max_wait_time: Duration,

    /// How long a client may leave a piece of its answer unread, before its connection is cut.
    /// (Spin: for ever.)
    #[arg(long, default_value = "60s", value_parser = choice::duration)]
    pub(crate) max_stall_time: Duration,

    /// Answers 500 to a request that leaves a transaction open, and closes its connection.
    #[arg(long)]
    pub(crate) strict: bool,
}

/// An address, or a name with a port; the first that is IPv4, as in Spin.
fn parse_address(text: &str) -> Result<SocketAddr, String> {
    let all: Vec<SocketAddr> = text
        .to_socket_addrs()
        .map_err(|error| format!("`{text}` is not an address: {error}"))?
        .collect();
    let first = all.iter().find(|address| address.is_ipv4());
    let first = first.or(all.first()).copied();
    first.ok_or_else(|| format!("`{text}` has no address"))
}

fn parse_pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err(format!("`{text}` is not NAME=VALUE")),
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
    fn limits_are_as_documented_unless_told() {
        use Choice::One;
        let Command::Up(up) = Cli::parse_from(["dev-host", "up"]).command;
        let Limits {
            max_instance_reuse_count,
            max_instance_concurrent_reuse_count,
            idle_instance_timeout,
            request_timeout,
            max_busy_time,
            max_instance_memory,
            max_concurrent_requests,
            max_wait_time,
            max_stall_time,
            strict,
        } = up.limits;
        let seconds = Duration::from_secs;
        // Spin's.
        assert_eq!(max_instance_reuse_count, One(128));
        assert_eq!(max_instance_concurrent_reuse_count, One(16));
        assert_eq!(idle_instance_timeout, One(seconds(1)));
        // Ours.
        assert_eq!(request_timeout, One(seconds(120)));
        assert_eq!(max_busy_time, seconds(10));
        assert_eq!(max_concurrent_requests, 128);
        assert_eq!(max_wait_time, seconds(30));
        assert_eq!(max_stall_time, seconds(60));
        assert!(max_instance_memory.is_none() && !strict);
    }

    #[test]
    fn addresses_may_be_names() {
        let address = parse_address("localhost:3000").unwrap();
        assert!(address.ip().is_loopback() && address.port() == 3000);
        assert!(parse_address("localhost").is_err());
    }

    #[test]
    fn pairs_need_a_name() {
        assert_eq!(parse_pair("A=b=c"), Ok(("A".to_owned(), "b=c".to_owned())));
        assert!(parse_pair("=b").is_err());
        assert!(parse_pair("A").is_err());
    }
}
