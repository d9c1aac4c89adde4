//! Connections of outbound HTTP, each within the time that its request allows for it.

use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use hyper_util::client::legacy::connect::HttpConnector;
use tower_service::Service;

tokio::task_local! {
    /// How long the request that is being sent lets a connection take: hyper's client makes it
    /// inside the request's own task, and passes nothing else on.
    static LIMIT: Duration;
}

/// Runs `request`, for which a connection may take as long as `limit`. The look-up of the name and
/// TLS do not count, as with Spin.
pub(crate) async fn within<F: Future>(limit: Duration, request: F) -> F::Output {
    LIMIT.scope(limit, request).await
}

/// Connects over TCP.
#[derive(Clone)]
pub(crate) struct Connector(HttpConnector);

impl Connector {
    pub(crate) fn new() -> Self {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        Self(tcp)
    }
}

impl Service<Uri> for Connector {
    type Response = <HttpConnector as Service<Uri>>::Response;
    type Error = <HttpConnector as Service<Uri>>::Error;
    type Future = <HttpConnector as Service<Uri>>::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, address: Uri) -> Self::Future {
        let mut tcp = self.0.clone();
        tcp.set_connect_timeout(LIMIT.try_with(|limit| *limit).ok());
        tcp.call(address)
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn requests_do_not_wait_for_receipts() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}/", listener.local_addr().unwrap());
        let mut connector = Connector::new();
        let stream = connector.call(address.parse().unwrap()).await.unwrap();
        assert!(stream.inner().nodelay().unwrap());
    }
}
