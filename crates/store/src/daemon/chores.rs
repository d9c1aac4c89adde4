//! What the daemon's replicas do now and then: take jobs back, find lost work, count, keep the history short.

use std::time::Duration;

use serde::Deserialize;
use uuid::Uuid;

use super::{Db, Error};

/// Takes back at most `limit` jobs whose lease ran out; answers each with what became of it. One that comes back
/// waits for `delay`, and four times that after its second crash.
pub async fn sweep(db: &Db, limit: i32, delay: Duration) -> Result<Vec<(i64, String)>, Error> {
    let client = db.get().await?;
    let statement = client
        .prepare_cached("select id, outcome from prov.sweep($1, make_interval(secs => $2))")
        .await?;
    let rows = client
        .query(&statement, &[&limit, &delay.as_secs_f64()])
        .await?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}

/// Lets the leases of a worker that is known to be gone run out at once; answers how many.
pub async fn abandon(db: &Db, worker: Uuid) -> Result<i64, Error> {
    let row = db
        .get()
        .await?
        .query_one("select prov.abandon($1)", &[&worker])
        .await?;
    Ok(row.get(0))
}

/// Gives a job to every instance and event that lacks one for longer than `grace`; answers how many of each.
/// `None` when another replica did so within `every`.
pub async fn enqueue_lost(
    db: &Db,
    every: Duration,
    grace: Duration,
) -> Result<Option<(i32, i32)>, Error> {
    let row = db
        .get()
        .await?
        .query_one(
            "select instances, events from prov.enqueue_lost(make_interval(secs => $1), make_interval(secs => $2))",
            &[&every.as_secs_f64(), &grace.as_secs_f64()],
        )
        .await?;
    let found: (Option<i32>, Option<i32>) = (row.get(0), row.get(1));
    Ok(found.0.zip(found.1))
}

/// Makes the history's partitions of the days to come and drops the old ones; answers how many were dropped, or
/// `None` when another replica did so within `every`.
pub async fn rotate_history(db: &Db, every: Duration) -> Result<Option<i32>, Error> {
    let row = db
        .get()
        .await?
        .query_one(
            "select prov.rotate_history(make_interval(secs => $1))",
            &[&every.as_secs_f64()],
        )
        .await?;
    Ok(row.get(0))
}

/// Enqueues the jobs of at most `limit` clocks that are due; answers the clocks' names.
pub async fn run_due(db: &Db, limit: i32) -> Result<Vec<String>, Error> {
    let client = db.get().await?;
    let statement = client
        .prepare_cached("select name from prov.run_due($1)")
        .await?;
    let rows = client.query(&statement, &[&limit]).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// The oldest daemon that may work on the schema.
pub async fn oldest_protocol(db: &Db) -> Result<i32, Error> {
    let row = db
        .get()
        .await?
        .query_one("select prov.oldest_protocol()", &[])
        .await?;
    Ok(row.get(0))
}

/// Makes every fence from now on higher than `above`.
pub async fn raise_fence(db: &Db, above: i64) -> Result<(), Error> {
    db.get()
        .await?
        .execute("select prov.raise_fence($1)", &[&above])
        .await?;
    Ok(())
}

/// Figures of one class and state.
#[derive(Debug, Clone, Deserialize)]
pub struct Depth {
    /// The class.
    pub class: i16,
    /// `queued` (and due), `running` or `dead`.
    pub state: String,
    /// How many.
    pub jobs: i64,
    /// Age of the oldest, in seconds.
    pub oldest_s: f64,
}

/// Figures of the queue and of what can harm it.
#[derive(Debug, Clone, Deserialize)]
pub struct Figures {
    /// By class and state.
    pub depth: Vec<Depth>,
    /// Age in seconds of the oldest open transaction: it keeps dead rows from being cleared away.
    pub oldest_transaction_s: f64,
    /// Rows of the job table that wait to be cleared away.
    pub dead_tuples: i64,
    /// How full the server's queue of notifications is, from 0 to 1.
    pub notify_queue_usage: f64,
    /// Instances whose transitional status should have ended.
    pub overdue_instances: i64,
    /// Instances that ask for a person.
    #[serde(default)]
    pub attention_instances: i64,
}

/// Writes, and nothing else: fails while the database can only be read, or its log cannot grow.
pub async fn take_write(db: &Db) -> Result<(), Error> {
    let client = db.get().await?;
    let statement = client.prepare_cached("select prov.take_write()").await?;
    client.query_one(&statement, &[]).await?;
    Ok(())
}

/// Figures for the metrics, at most `every` old.
pub async fn figures(db: &Db, every: Duration) -> Result<Figures, Error> {
    let row = db
        .get()
        .await?
        .query_one(
            "select prov.figures(make_interval(secs => $1))",
            &[&every.as_secs_f64()],
        )
        .await?;
    let figures: tokio_postgres::types::Json<Figures> = row.try_get(0)?;
    Ok(figures.0)
}
