//! The schema by itself, then the platform on a PostgreSQL that its tests stop and fill up.

use anyhow::Result;
use test_postgres::{Data, Options, Server};

use super::platform::{Platform, Settings};
use super::{DATABASE, all, on_platform, programs, visibly};
use crate::build;

/// As `up` gives its own; see docs/database.md.
const MAX_CONNECTIONS: &str = "400";
/// Room for the platform and some instances, soon filled.
const DISK: u64 = 640 << 20;
/// The log may not take the disk by itself.
const LOG: [(&str, &str); 2] = [("max_wal_size", "96MB"), ("min_wal_size", "32MB")];
/// The limits are tested elsewhere.
const RATE_LIMITS: &str =
    "read=100000000,write=100000000,start=100000000,destructive=100000000,anonymous=100000000";

/// Starts both, runs the tests, ends both.
pub(super) fn run() -> Result<()> {
    all(&programs::of_packages(DATABASE)?, |_| {})?;
    build::run()?;
    let connections = [("max_connections", MAX_CONNECTIONS)];
    let settings = [&connections[..], &LOG[..]].concat();
    let server = Server::start(Options {
        settings: &settings,
        data: Data::OwnDisk(DISK),
    });
    let platform = Platform::start(Settings {
        rate_limits: RATE_LIMITS,
        variables: vec![("DATABASE_URL", server.named("mindroom").owner_url())],
        ..Settings::default()
    })?;
    let mut command = on_platform(&platform, "database")?;
    command
        // each stops what the others use
        .args(["--test-threads", "1", "--nocapture"])
        .env("MINDROOM_TEST_POSTGRES", server.folder());
    visibly("database: faults and load", &mut command)?;
    platform.stop()
}
