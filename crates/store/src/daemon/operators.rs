//! What an operator does with a job by hand.

use super::{Db, Error};

/// What became of a job that was to be cancelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cancelled {
    /// It had not begun and will not.
    TakenBack,
    /// It runs, and stops between two of its steps.
    Asked,
    /// It is dead already: retry or discard it.
    Dead,
}

/// Cancels a job; `None` when there is none.
pub async fn cancel(db: &Db, job: i64) -> Result<Option<Cancelled>, Error> {
    let row = db
        .get()
        .await?
        .query_one("select prov.cancel($1)", &[&job])
        .await?;
    Ok(match row.get::<_, Option<&str>>(0) {
        Some("cancelled") => Some(Cancelled::TakenBack),
        Some("asked") => Some(Cancelled::Asked),
        Some(_) => Some(Cancelled::Dead),
        None => None,
    })
}

/// Lets a dead job begin anew; `false` when there is no such dead job.
pub async fn retry_dead(db: &Db, job: i64) -> Result<bool, Error> {
    let row = db
        .get()
        .await?
        .query_one("select prov.retry_dead($1)", &[&job])
        .await?;
    Ok(row.get::<_, Option<&str>>(0).is_some())
}

/// Gives a dead job up for good; `false` when there is no such dead job.
pub async fn discard(db: &Db, job: i64) -> Result<bool, Error> {
    let row = db
        .get()
        .await?
        .query_one("select prov.discard($1)", &[&job])
        .await?;
    Ok(row.get(0))
}
