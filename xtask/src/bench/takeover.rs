//! What happens to a running job when its daemon is killed, and when it is asked to end.

use anyhow::Result;

use super::Effort;
use super::program::daemon_load;
use super::table::{Aim, Table};

pub(super) fn measure(effort: Effort, table: &mut Table) -> Result<()> {
    let mut samples = daemon_load("takeover", effort, &[])?;
    let mut take = |name: &str| samples.remove(name).unwrap_or_default();
    table.add(
        "`kill -9` of the daemon to the job taken again by another",
        "s",
        Aim::AtMost(40.0),
        take("killed"),
    );
    table.add(
        "SIGTERM: end of the step to the job running elsewhere",
        "s",
        Aim::AtMost(1.0),
        take("asked to end"),
    );
    Ok(())
}
