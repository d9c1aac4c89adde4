//! The queue: claim, heartbeat, and the ways a job ends.

use std::time::{Duration, SystemTime};

use serde_json::Value;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::{Claim, Db, Error, Fenced};

/// Begins to hear the doorbell on a connection. A notification's payload is a class, or `cancel`.
pub const LISTEN: &str = "listen prov_job";
/// The class of what a person waits for (docs/queue.md).
pub const AWAITED: i32 = 0;
/// The class of what nobody waits for.
pub const BULK: i32 = 1;

/// A claimed job.
#[derive(Debug, Clone)]
pub struct Job {
    /// Job and fence.
    pub claim: Claim,
    /// What runs one at a time.
    pub lane: String,
    /// Which handler.
    pub kind: String,
    /// What it is about.
    pub payload: Value,
    /// The generation to reach.
    pub want_gen: i64,
    /// Which try this is, from 1.
    pub attempt: i32,
    /// How many tries there are.
    pub max_attempts: i32,
    /// Seconds from when it was due until it was claimed.
    pub waited_s: f64,
    /// Wishes that merged into it while it waited.
    pub joined: i32,
    /// The trace of the request that wished it, as W3C's `traceparent`.
    pub traceparent: Option<String>,
}

impl Job {
    /// The trace's id, as logs name it.
    pub fn trace_id(&self) -> Option<&str> {
        self.traceparent.as_deref()?.split('-').nth(1)
    }
}

/// What one claim asks for.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// 0 interactive, 1 bulk, 2 checks.
    pub class: i32,
    /// At most so many.
    pub count: i32,
    /// At most so many running per account.
    pub tenant_cap: i32,
    /// Who asks.
    pub worker: Uuid,
    /// How long the lease holds.
    pub ttl: Duration,
    /// What the caller can do.
    pub kinds: &'a [&'static str],
    /// Where to begin; to look at everything without one.
    pub floor: Option<Floor>,
}

/// What claims need not look at for a moment: before it nothing waits, nothing runs. It saves the walk past rows that
/// are dead and cannot be cleared away while somebody holds a snapshot open.
#[derive(Debug, Clone, Copy)]
pub struct Floor {
    since: SystemTime,
    fence: i64,
}

/// Finds where claims of a class may begin. A job that is put in afterwards with an earlier time, as one that is
/// tried again now after having waited long, is found by claims that look at everything.
pub async fn floor(db: &Db, class: i32) -> Result<Floor, Error> {
    let client = db.get().await?;
    let statement = client
        .prepare_cached("select since, fence from prov.claim_floor($1)")
        .await?;
    let row = client.query_one(&statement, &[&class]).await?;
    Ok(Floor {
        since: row.get("since"),
        fence: row.get("fence"),
    })
}

/// How a job ended, as its history says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Did what it was for.
    Done,
    /// There was nothing to do any more.
    Superseded,
    /// Refused for good, with a reason.
    Blocked,
    /// Stopped because somebody asked.
    Cancelled,
}

impl Outcome {
    /// The word in SQL.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Superseded => "superseded",
            Self::Blocked => "blocked",
            Self::Cancelled => "cancelled",
        }
    }
}

/// Takes jobs. Without a floor also by a schema that knows of none yet (before V40).
pub async fn claim(db: &Db, wanted: Wanted<'_>) -> Result<Vec<Job>, Error> {
    let client = db.get().await?;
    let ttl = wanted.ttl.as_secs_f64();
    let mut arguments: Vec<&(dyn ToSql + Sync)> = vec![
        &wanted.class,
        &wanted.count,
        &wanted.tenant_cap,
        &wanted.worker,
        &ttl,
        &wanted.kinds,
    ];
    let mut call = "prov.claim($1, $2, $3, $4, make_interval(secs => $5), $6)";
    if let Some(Floor { since, fence }) = &wanted.floor {
        call = "prov.claim($1, $2, $3, $4, make_interval(secs => $5), $6, $7, $8)";
        arguments.extend([since as &(dyn ToSql + Sync), fence]);
    }
    let statement = client
        .prepare_cached(&format!(
            "select id, fence, lane, kind, payload, want_gen, attempt, max_attempts, \
             extract(epoch from claimed_at - run_at)::float8 as waited_s, joined, traceparent from {call}"
        ))
        .await?;
    let rows = client.query(&statement, &arguments).await?;
    Ok(rows
        .iter()
        .map(|row| Job {
            claim: Claim {
                job: row.get("id"),
                fence: row.get("fence"),
            },
            lane: row.get("lane"),
            kind: row.get("kind"),
            payload: row.get("payload"),
            want_gen: row.get("want_gen"),
            attempt: row.get("attempt"),
            max_attempts: row.get("max_attempts"),
            waited_s: row.get("waited_s"),
            joined: row.get("joined"),
            traceparent: row.get("traceparent"),
        })
        .collect())
}

/// Prolongs leases. Answers those still held, with whether somebody asked to cancel them.
pub async fn heartbeat(
    db: &Db,
    claims: &[Claim],
    ttl: Duration,
) -> Result<Vec<(i64, bool)>, Error> {
    let (ids, fences) = columns(claims);
    let client = db.get().await?;
    let statement = client
        .prepare_cached("select id, cancel from prov.heartbeat($1, $2, make_interval(secs => $3))")
        .await?;
    let rows = client
        .query(&statement, &[&ids, &fences, &ttl.as_secs_f64()])
        .await?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}

/// Ends a job.
pub async fn finish(
    db: &Db,
    claim: Claim,
    outcome: Outcome,
    error: Option<&Value>,
) -> Result<Fenced, Error> {
    let client = db.get().await?;
    let statement = client
        .prepare_cached("select prov.finish($1, $2, $3, $4)")
        .await?;
    let row = client
        .query_one(
            &statement,
            &[&claim.job, &claim.fence, &outcome.word(), &error],
        )
        .await?;
    Ok(Fenced::of(row.get(0)))
}

/// Ends several jobs as done, all of them or none; answers those whose claims held.
pub async fn finish_done(db: &Db, claims: &[Claim]) -> Result<Vec<i64>, Error> {
    let (ids, fences) = columns(claims);
    let client = db.get().await?;
    let statement = client
        .prepare_cached("select prov.finish_done($1, $2)")
        .await?;
    let rows = client.query(&statement, &[&ids, &fences]).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// Jobs and fences, as the database takes many.
fn columns(claims: &[Claim]) -> (Vec<i64>, Vec<i64>) {
    claims.iter().map(|claim| (claim.job, claim.fence)).unzip()
}

/// What became of a job that was put back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Requeued {
    /// It waits again.
    Queued,
    /// A waiting twin took it in.
    Merged,
    /// Its attempts were used up.
    Dead,
    /// Somebody had asked to cancel it.
    Cancelled,
    /// The claim was lost.
    Stale,
}

/// Puts a job back for `delay` from now. `refund`: this attempt does not count.
pub async fn requeue(
    db: &Db,
    claim: Claim,
    delay: Duration,
    refund: bool,
    error: Option<&Value>,
) -> Result<Requeued, Error> {
    let client = db.get().await?;
    let statement = client
        .prepare_cached("select prov.requeue($1, $2, make_interval(secs => $3), $4, $5)")
        .await?;
    let row = client
        .query_one(
            &statement,
            &[
                &claim.job,
                &claim.fence,
                &delay.as_secs_f64(),
                &refund,
                &error,
            ],
        )
        .await?;
    Ok(match row.get::<_, &str>(0) {
        "queued" => Requeued::Queued,
        "merged" => Requeued::Merged,
        "dead" => Requeued::Dead,
        "cancelled" => Requeued::Cancelled,
        _ => Requeued::Stale,
    })
}

/// Ends a job that can never work; it waits, dead, for a person.
pub async fn bury(db: &Db, claim: Claim, error: &Value) -> Result<Fenced, Error> {
    let row = db
        .get()
        .await?
        .query_one(
            "select prov.bury($1, $2, $3)",
            &[&claim.job, &claim.fence, error],
        )
        .await?;
    Ok(Fenced::of(row.get(0)))
}

/// What became of a claim whose end was sent while its answer was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// The end was recorded.
    Ended,
    /// It was put back.
    Waiting,
    /// Nothing was recorded; the claim still holds.
    Held,
    /// The claim is lost.
    Lost,
}

/// Looks up what became of a claim.
pub async fn fate(db: &Db, claim: Claim, lane: &str) -> Result<Fate, Error> {
    let row = db
        .get()
        .await?
        .query_one(
            "select prov.fate($1, $2, $3)",
            &[&claim.job, &claim.fence, &lane],
        )
        .await?;
    Ok(match row.get::<_, &str>(0) {
        "ended" => Fate::Ended,
        "waiting" => Fate::Waiting,
        "held" => Fate::Held,
        _ => Fate::Lost,
    })
}

/// Brings an instance to its wish after `delay`.
pub async fn enqueue_instance(db: &Db, instance: Uuid, delay: Duration) -> Result<(), Error> {
    db.get()
        .await?
        .execute(
            "select prov.enqueue_instance($1, make_interval(secs => $2))",
            &[&instance, &delay.as_secs_f64()],
        )
        .await?;
    Ok(())
}

/// Has an instance looked at, by a job of a class.
pub async fn enqueue_look(db: &Db, instance: Uuid, class: i32) -> Result<(), Error> {
    let client = db.get().await?;
    let statement = client
        .prepare_cached(
            "select count(prov.enqueue('instance:' || i.id, i.account_id, 'reconcile-instance', 'reconcile', \
               i.desired_gen, p_class => $2, p_payload => jsonb_build_object('instance', i.id))) \
             from public.instances i where i.id = $1",
        )
        .await?;
    client.execute(&statement, &[&instance, &class]).await?;
    Ok(())
}

/// Tells the daemons that a class has work.
pub async fn ring(db: &Db, class: i32) -> Result<(), Error> {
    let client = db.get().await?;
    let statement = client.prepare_cached("select prov.ring($1)").await?;
    client.execute(&statement, &[&class]).await?;
    Ok(())
}
