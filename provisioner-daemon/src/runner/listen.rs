//! The doorbell: a connection that only listens, made anew whenever it breaks.

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use store::daemon::jobs::LISTEN;
use tokio_postgres::AsyncMessage;

use super::Shared;
use super::retry::jittered;

/// Wait before a broken connection is made again.
const RECONNECT: Duration = Duration::from_millis(500);

pub(super) async fn run(shared: Arc<Shared>) {
    loop {
        let ended = tokio::select! {
            ended = listen(&shared) => ended,
            () = shared.stop.cancelled() => return,
        };
        shared.pulse.set_listening(false);
        if let Err(error) = ended {
            tracing::warn!(error = &error as &dyn std::error::Error, "doorbell lost");
        }
        tokio::select! {
            () = tokio::time::sleep(jittered(RECONNECT)) => {}
            () = shared.stop.cancelled() => return,
        }
    }
}

/// Listens until the connection breaks.
async fn listen(shared: &Shared) -> Result<(), store::daemon::Error> {
    let address =
        store::daemon::bounded_address(&shared.database_url, "provisioner-daemon doorbell")?;
    let (client, mut connection) = address.connect().await?;
    let mut messages = futures::stream::poll_fn(move |cx| connection.poll_message(cx)).boxed();
    let mut listening = std::pin::pin!(client.batch_execute(LISTEN));
    let mut is_listening = false;
    loop {
        tokio::select! {
            done = &mut listening, if !is_listening => {
                done?;
                is_listening = true;
                shared.pulse.set_listening(true);
                // What was rung while nobody listened is found by looking once.
                shared.wakes.ring_all();
            }
            message = messages.next() => match message {
                Some(Ok(AsyncMessage::Notification(bell))) => rung(shared, bell.payload()),
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(error.into()),
                None => return Ok(()),
            },
        }
    }
}

fn rung(shared: &Shared, payload: &str) {
    match payload.parse() {
        Ok(class) => shared.wakes.ring(class),
        // A job is to be cancelled: the heartbeat's answer says which.
        Err(_) => shared.wakes.ring_beat(),
    }
}
