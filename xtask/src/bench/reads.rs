//! `GET /my/instances` with a hundred tokens, beside a FastAPI app that does the same.

use std::path::Path;

use anyhow::Result;

use super::Effort;
use super::load::{self, Load};
use super::peer::{self, FastApi};
use super::program::processor_seconds;
use super::stage::{self, Host, Stage};
use super::table::{Aim, Table};
use crate::up::REUSE;

const FUNCTIONS: [&str; 1] = ["my-instances"];
const PATH: &str = "/my/instances";
/// Of each run, not counted.
const WARM_SECONDS: u64 = 3;
/// So often at most, until the instances that there are have checked each token: less than one in a hundred is new.
const WARM_UPS: usize = 8;
const FEW_MISSES: f64 = 0.01;

/// One sample of a server.
struct Measured {
    load: Load,
    /// Microseconds that the server computed, by request.
    processor: f64,
}

/// One sample of the functions.
struct Sample {
    load: Load,
    processor: f64,
    /// Statements of the function itself, by request.
    statements: f64,
    /// Connections taken from the pool, by thousand requests.
    checkouts: f64,
    /// Tokens that were checked anew, by thousand requests.
    misses: f64,
}

pub(super) fn measure(effort: Effort, table: &mut Table) -> Result<()> {
    let stage = Stage::set(&FUNCTIONS)?;
    let reads = stage.reads(PATH)?;
    let app = FastApi::start(&stage)?;
    let (mut ours, mut default, mut peers, mut database) = (vec![], vec![], vec![], vec![]);
    for _ in 0..effort.rounds {
        ours.push(sample(&stage, &REUSE, &reads, effort)?);
        load::run(&app.url, &reads, WARM_SECONDS)?;
        peers.push(measured(
            app.process.id(),
            &app.url,
            &reads,
            effort.seconds,
        )?);
        default.push(sample(&stage, &[], &reads, effort)?);
        database.extend(peer::pgbench(&stage, effort.seconds)?);
    }
    let of = |figure: fn(&Sample) -> f64| ours.iter().map(figure).collect::<Vec<_>>();
    let what = "`GET /my/instances`";
    table.add(what, "req/s", Aim::AtLeast(4500.0), of(|s| s.load.rate));
    let ratios = ours.iter().zip(&peers);
    table.add(
        format!("{what}, of the FastAPI app's rate in the same round"),
        "",
        Aim::AtLeast(1.0),
        ratios.map(|(o, p)| o.load.rate / p.load.rate).collect(),
    );
    table.add(
        format!("{what}, p99 of p50"),
        "",
        Aim::AtMost(3.0),
        of(|s| s.load.p99_ms / s.load.p50_ms),
    );
    table.add(
        format!("{what}, p50"),
        "ms",
        Aim::None,
        of(|s| s.load.p50_ms),
    );
    table.add(
        format!("{what}, p99"),
        "ms",
        Aim::None,
        of(|s| s.load.p99_ms),
    );
    table.add(
        format!("{what}, statements of the function by request"),
        "",
        Aim::AtMost(1.0),
        of(|s| s.statements),
    );
    table.add(
        format!("{what}, connections taken from the pool by 1,000 requests"),
        "",
        Aim::AtMost(1.0),
        of(|s| s.checkouts),
    );
    table.add(
        format!("{what}, misses of the token cache by 1,000 requests"),
        "",
        Aim::None,
        of(|s| s.misses),
    );
    table.add(
        format!("{what}, processor time of the host by request"),
        "µs",
        Aim::None,
        of(|s| s.processor),
    );
    let of = |figure: fn(&Sample) -> f64| default.iter().map(figure).collect::<Vec<_>>();
    let what = "The same, instances reused 128 times (Spin's default)";
    table.add(what, "req/s", Aim::None, of(|s| s.load.rate));
    table.add(
        format!("{what}, misses by 1,000"),
        "",
        Aim::None,
        of(|s| s.misses),
    );
    let of = |figure: fn(&Measured) -> f64| peers.iter().map(figure).collect::<Vec<_>>();
    let what = "FastAPI and asyncpg, 2 workers, ES256";
    table.add(what, "req/s", Aim::None, of(|m| m.load.rate));
    table.add(
        format!("{what}, p99 of p50"),
        "",
        Aim::None,
        of(|m| m.load.p99_ms / m.load.p50_ms),
    );
    table.add(
        format!("{what}, processor time by request"),
        "µs",
        Aim::None,
        of(|m| m.processor),
    );
    table.add("pgbench, the same statement", "/s", Aim::None, database);
    Ok(())
}

/// What the functions log of a token that was checked before, and of one that was not.
const TOKENS: [&str; 2] = ["\"token_known\":true", "\"token_known\":false"];

/// Lets instances come up and check the tokens; answers where the log ends.
fn warm_up(host: &Host, reads: &Path) -> Result<usize> {
    let mut end = 0;
    for _ in 0..WARM_UPS {
        load::run(&host.url, reads, WARM_SECONDS)?;
        let (counts, now) = host.count_lines(end, &TOKENS)?;
        end = now;
        let (known, new) = (i64::try_from(counts[0])?, i64::try_from(counts[1])?);
        if count(new) < FEW_MISSES * count(known + new) {
            break;
        }
    }
    Ok(end)
}

/// Load on a server, with what it computed.
fn measured(process: u32, url: &str, reads: &Path, seconds: u64) -> Result<Measured> {
    let before = processor_seconds(process)?;
    let load = load::run(url, reads, seconds)?;
    let computed = processor_seconds(process)? - before;
    let processor = computed / count(i64::try_from(load.requests)?) * 1e6;
    Ok(Measured { load, processor })
}

/// Warms a host up and measures it. A host of its own, so that one waits for nothing while others are measured.
fn sample(stage: &Stage, arguments: &[&str], reads: &Path, effort: Effort) -> Result<Sample> {
    let host = Host::start(stage, &FUNCTIONS, arguments)?;
    let before = warm_up(&host, reads)?;
    stage.sql(async |owner| {
        owner
            .batch_execute("select pg_stat_statements_reset()")
            .await?;
        Ok(())
    })?;
    let Measured { load, processor } =
        measured(host.process.id(), &host.url, reads, effort.seconds)?;
    let sent = stage.sql(async |owner| stage::statements(&owner).await)?;
    let (counts, _) = host.count_lines(before, &TOKENS)?;
    let calls = |holds: fn(&str) -> bool| {
        let found = sent.iter().filter(|(text, _)| holds(text));
        found.fold(0.0, |sum, (_, calls)| sum + count(*calls))
    };
    // a connection that is handed out again is looked at first
    let checkouts = calls(|text| text.contains("statement_timestamp"));
    let requests = count(i64::try_from(load.requests)?);
    let answered = count(i64::try_from(counts[0] + counts[1])?);
    Ok(Sample {
        load,
        processor,
        // one request of each connection was under way at the end, and is not counted as answered
        statements: calls(|text| text.contains("api.my_instances"))
            / (requests + f64::from(load::CONNECTIONS)),
        checkouts: checkouts / requests * 1000.0,
        misses: count(i64::try_from(counts[1])?) / answered * 1000.0,
    })
}

#[expect(clippy::cast_precision_loss, reason = "counts of some seconds")]
fn count(number: i64) -> f64 {
    number as f64
}
