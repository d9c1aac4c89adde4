//! `up` as a program: what it says when it cannot start, what outlives Ctrl-C and a kill, and a part that dies.

use anyhow::{Result, ensure};

use super::platform::{Platform, Settings, refused};
use super::{on_platform, visibly};
use crate::up::ports;

pub(super) fn run(platform: &Platform) -> Result<()> {
    let phase = |name: &str| {
        let mut command = on_platform(platform, "again")?;
        command.args(["--ignored", "--exact", name, "--nocapture"]);
        visibly("again", &mut command)
    };
    phase("before")?;
    one_more_is_refused(platform)?;
    platform.restart()?;
    phase("after")?;
    platform.kill_and_start()?;
    for part in ["postgres", "functions", "provisioner-daemon", "gateway"] {
        says(&platform.says(), &format!("ending {part} "))?;
    }
    phase("killed")?;
    phase("outage")?;
    says(&platform.says(), "postgres: ended by itself")?;
    says(&platform.says(), "postgres: serves again")
}

/// Each time with the reason and what to do, and without harm to the one that runs.
fn one_more_is_refused(platform: &Platform) -> Result<()> {
    let free = ports::find_free()?;
    let other = tempfile::tempdir()?;
    let usual = Settings::default();

    let twice = refused(free, platform.state(), &usual)?;
    says(&twice, "already runs on")?;
    says(&twice, "--state-dir")?;

    let taken = refused(platform.port(), other.path(), &usual)?;
    says(&taken, &format!("port {} is taken", platform.port()))?;
    says(&taken, "--port")?;

    let nowhere = with(
        "DATABASE_URL",
        &format!("postgres://somebody@127.0.0.1:{free}/mindroom"),
    );
    let unreachable = refused(free, other.path(), &nowhere)?;
    says(&unreachable, &format!("DATABASE_URL, 127.0.0.1:{free}"))?;

    let half = with("SUPABASE_URL", "https://example.supabase.co");
    let half = refused(free, other.path(), &half)?;
    says(
        &half,
        "SUPABASE_PUBLISHABLE_KEY, SUPABASE_SECRET_KEY missing",
    )?;

    let data = other.path().join("postgres/data");
    std::fs::create_dir_all(&data)?;
    std::fs::write(data.join("PG_VERSION"), "9\n")?;
    let outdated = refused(free, other.path(), &usual)?;
    says(&outdated, "holds data of PostgreSQL 9")?;
    says(&outdated, "another --state-dir")
}

fn with(variable: &'static str, value: &str) -> Settings {
    Settings {
        variables: vec![(variable, value.to_owned())],
        ..Settings::default()
    }
}

fn says(text: &str, words: &str) -> Result<()> {
    ensure!(text.contains(words), "`up` does not say `{words}`:\n{text}");
    Ok(())
}
