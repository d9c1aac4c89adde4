//! Does what becomes due, in the order in which it does, one object in one transaction.

use std::time::Duration;

use anyhow::Context;
use tokio_util::sync::CancellationToken;

use crate::api::error::ApiError;
use crate::billing::advance;
use crate::server::App;
use crate::work::Work;

const TICK: Duration = Duration::from_secs(1);
/// An object that cannot be advanced must not stand in the way of the others.
const PUT_OFF_SECONDS: i64 = 60;

/// Works until `stop`. What that interrupts is rolled back, and done after the next start.
pub(crate) async fn run(app: App, stop: CancellationToken) {
    tokio::select! {
        () = stop.cancelled() => {}
        () = advance_forever(&app) => {}
    }
}

async fn advance_forever(app: &App) {
    loop {
        if let Err(error) = catch_up(app).await {
            tracing::warn!(error = format!("{error:#}"), "time cannot be advanced");
        }
        tokio::time::sleep(TICK).await;
    }
}

/// Does everything that is due by now. One caller at a time, so that nothing overtakes.
pub(crate) async fn catch_up(app: &App) -> anyhow::Result<()> {
    let _turn = app.turn.lock().await;
    while advance_one(app).await? {}
    Ok(())
}

/// Answers whether there was something to do.
async fn advance_one(app: &App) -> anyhow::Result<bool> {
    let mut client = app.pool.get().await.context("take a connection")?;
    let work = Work::begin_alone(&mut client, &app.settings).await?;
    let Some(object) = work.find_due().await? else {
        return Ok(false);
    };
    // Also after a long leap, a thing happens at its own time.
    work.fix(object.due_at.unwrap_or(work.now()));
    let id = object.id().to_owned();
    match advance::advance(&work, object).await {
        Ok(()) => {
            work.commit().await?;
            app.outbox.notify_one();
        }
        Err(error) => {
            drop(work);
            let cause = match error {
                ApiError::Internal(cause) => cause,
                refused @ ApiError::Refused(_) => refused.into(),
            };
            tracing::error!(
                object.id = id,
                error = format!("{cause:#}"),
                "object is put off"
            );
            let statement = "UPDATE objects SET due_at = due_at + $2 WHERE id = $1";
            client
                .execute(statement, &[&id, &PUT_OFF_SECONDS])
                .await
                .context("put it off")?;
        }
    }
    Ok(true)
}
