//! One port for every host of `mindroom.localhost`: portal, API, stand-ins and instances.

mod answer;
mod config;
mod forward;
mod headers;
mod instances;
mod limit;
mod route;
mod server;
mod status_page;
#[cfg(test)]
mod tests;

use clap::Parser as _;

use crate::config::Args;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
    let config = Args::parse().check(std::env::var("DATABASE_URL").ok())?;
    server::run(config).await
}
