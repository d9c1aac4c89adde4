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
            accepted = listener.accept() => match accepted {
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

async fn talk(
    server: Arc<Builder<TokioExecutor>>,
    stream: TcpStream,
    client: SocketAddr,
    dispatcher: Arc<Dispatcher>,
    watcher: Watcher,
) {
    // Without it an answer that leaves in two pieces waits some 40 ms for the client's receipt.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!("no TCP_NODELAY: {error}");
    }
    let service = service_fn(move |request| {
        let dispatcher = Arc::clone(&dispatcher);
        async move { dispatcher.answer(request, client).await }
    });
    let connection = server
        .serve_connection(TokioIo::new(stream), service)
        .into_owned();
    if let Err(error) = watcher.watch(connection).await {
        tracing::debug!("connection of {client}: {error}");
    }
}
