//! Jobs that are done, ended together: each end waits for the database's disk, and one wait is enough for all that come
//! meanwhile.

use std::sync::Arc;

use store::daemon::jobs::{self, Outcome};
use store::daemon::{Claim, Db, Error, Fenced};
use tokio::sync::{mpsc, oneshot};

use super::Shared;

/// Ends in one statement.
const MOST: usize = 100;

/// A job that is done, and who waits for its end.
pub(super) struct End {
    claim: Claim,
    written: oneshot::Sender<Fenced>,
}

/// Where jobs that are done are brought.
pub(super) struct Ends(mpsc::Sender<End>);

impl Ends {
    /// With what [`run`] takes them from.
    pub(super) fn new() -> (Self, mpsc::Receiver<End>) {
        let (sender, receiver) = mpsc::channel(MOST);
        (Self(sender), receiver)
    }

    /// Ends a job as done.
    pub(super) async fn done(&self, db: &Db, claim: Claim) -> Result<Fenced, Error> {
        let (written, ended) = oneshot::channel();
        // nobody takes it when the runner stops
        let _ = self.0.send(End { claim, written }).await;
        match ended.await {
            Ok(fenced) => Ok(fenced),
            // Together it did not work: by itself it may, or says why not.
            Err(_) => jobs::finish(db, claim, Outcome::Done, None).await,
        }
    }
}

/// Ends jobs as they come, those that wait at a time together.
pub(super) async fn run(shared: Arc<Shared>, mut ends: mpsc::Receiver<End>) {
    let mut waiting = Vec::with_capacity(MOST);
    loop {
        tokio::select! {
            _ = ends.recv_many(&mut waiting, MOST) => {}
            () = shared.stop.cancelled() => return,
        }
        let claims: Vec<Claim> = waiting.iter().map(|end| end.claim).collect();
        match jobs::finish_done(&shared.db, &claims).await {
            Ok(ended) => {
                for End { claim, written } in waiting.drain(..) {
                    let fenced = if ended.contains(&claim.job) {
                        Fenced::Written
                    } else {
                        Fenced::Stale
                    };
                    // who does not wait any more has lost the claim
                    let _ = written.send(fenced);
                }
            }
            Err(error) => {
                let error: &dyn std::error::Error = &error;
                tracing::warn!(error, jobs = claims.len(), "cannot end jobs together");
                waiting.clear();
            }
        }
    }
}
