//! Connections: HTTP/1.1 with keep-alive, and HTTP/2 without TLS, on one port.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::net::{TcpListener, TcpStream};

use super::dispatch::Dispatcher;
use super::headers::Unclear;
use super::stall::Unread;

/// How long requests in progress may go on when the host is told to stop.
const FAREWELL: Duration = Duration::from_secs(1);
/// A client must have sent the head of its next request within this. Longer than clients keep
/// connections they do not use (hyper: 90 s), so that they end them, not we under a request.
const HEAD: Duration = Duration::from_mins(2);
/// After an accept that failed (no file descriptors left), others get time to close.
const BREATH: Duration = Duration::from_millis(50);

/// Serves until `stop` comes, then lets requests end for a moment.
pub(crate) async fn serve(
    listener: TcpListener,
    dispatcher: Arc<Dispatcher>,
    stop: impl Future<Output = ()>,
) {
    let mut stop = std::pin::pin!(stop);
    let stopping = Arc::clone(&dispatcher.stopping);
    let open = GracefulShutdown::new();
    let mut server = Builder::new(TokioExecutor::new());
    server
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD);
    server.http2().timer(TokioTimer::new());
    let server = Arc::new(server);
    loop {
        tokio::select! {
            accepted = accept(&listener) => match accepted {
                Ok((stream, client)) => {
                    tokio::spawn(talk(Arc::clone(&server), stream, client, Arc::clone(&dispatcher), open.watcher()));
                }
                Err(error) => {
                    tracing::warn!("cannot accept a connection: {error}");
                    tokio::time::sleep(BREATH).await;
                }
            },
            () = &mut stop => break,
        }
    }
    drop(listener);
    stopping.store(true, Relaxed);
    let _ = tokio::time::timeout(FAREWELL, open.shutdown()).await; // what is left is cut, as by Spin
}

/// Takes the next connection.
async fn accept(listener: &TcpListener) -> std::io::Result<(TcpStream, SocketAddr)> {
    let (stream, client) = listener.accept().await?;
    // Without it an answer that leaves in two pieces waits some 40 ms for the client's receipt.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!("no TCP_NODELAY: {error}"); // the client has gone already
    }
    Ok((stream, client))
}

async fn talk(
    server: Arc<Builder<TokioExecutor>>,
    stream: TcpStream,
    client: SocketAddr,
    dispatcher: Arc<Dispatcher>,
    watcher: Watcher,
) {
    let longest_stall = dispatcher.max_stall_time;
    let unread = Arc::new(Unread::default());
    let answers = Arc::clone(&unread);
    let service = service_fn(move |request| {
        let (dispatcher, unread) = (Arc::clone(&dispatcher), Arc::clone(&answers));
        async move {
            let answer = dispatcher.answer(request, client).await?;
            Ok::<_, Unclear>(answer.map(|body| unread.watch(body)))
        }
    });
    let connection = server
        .serve_connection(TokioIo::new(stream), service)
        .into_owned();
    tokio::select! {
        outcome = watcher.watch(connection) => if let Err(error) = outcome {
            tracing::debug!("connection of {client}: {error}");
        },
        () = unread.stalled(longest_stall) => {
            tracing::warn!("{client} does not read its answer; its connection was cut");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn answers_do_not_wait_for_receipts() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (client, accepted) = tokio::join!(TcpStream::connect(address), accept(&listener));
        let (stream, from) = accepted.unwrap();
        assert!(stream.nodelay().unwrap());
        assert_eq!(from, client.unwrap().local_addr().unwrap());
    }
}
