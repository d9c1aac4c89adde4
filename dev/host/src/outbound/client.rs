//! The client behind outbound HTTP: hyper's, with its pool, over plain TCP or rustls.

use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response};
use http_body_util::BodyExt as _;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody};

use super::body::TimedBody;
use super::connect::{Connector, within};

/// Spin's waits for an answer and between its parts, unless the component says otherwise.
const WAIT: Duration = Duration::from_mins(10);

type Inner = hyper_util::client::legacy::Client<HttpsConnector<Connector>, WasiBody>;

/// Shared by all components.
#[derive(Clone)]
pub(crate) struct Client {
    inner: Arc<Inner>,
    /// How long a connection attempt may take, unless the component says otherwise.
    connect: Duration,
}

impl Client {
    pub(crate) fn new(connect: Duration) -> anyhow::Result<Self> {
        let connector = HttpsConnectorBuilder::new()
            .with_provider_and_webpki_roots(rustls::crypto::ring::default_provider())?
            .https_or_http()
            .enable_http1()
            .enable_http2()
            .wrap_connector(Connector::new());
        let client = hyper_util::client::legacy::Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .timer(TokioTimer::new())
            .build(connector);
        Ok(Self {
            inner: Arc::new(client),
            connect,
        })
    }

    /// Sends a request and waits for the head of its answer. Each limit is one of its own: the
    /// connection is part of what the first byte takes, as with Spin.
    pub(crate) async fn send(
        &self,
        request: Request<WasiBody>,
        options: RequestOptions,
    ) -> Result<Response<WasiBody>, Error> {
        let connect = options.connect_timeout.unwrap_or(self.connect);
        let first_byte = options.first_byte_timeout.unwrap_or(WAIT);
        let request = within(connect, self.inner.request(request));
        let response = tokio::time::timeout(first_byte, request)
            .await
            .map_err(|_| Error::ConnectionReadTimeout)?
            .map_err(|error| explain(&error))?;
        let between = options.between_bytes_timeout.unwrap_or(WAIT);
        Ok(response.map(|body| TimedBody::new(body, between).boxed_unsync()))
    }
}

/// The client's error in Spin's words: whatever goes wrong once the connection is there, also that
/// it ends, is an error of the protocol.
fn explain(error: &hyper_util::client::legacy::Error) -> Error {
    tracing::debug!("outbound HTTP: {}", crate::postgres::address::chain(error));
    if !error.is_connect() {
        return Error::HttpProtocolError;
    }
    let first = std::error::Error::source(error);
    let mut causes = std::iter::successors(first, |cause| cause.source());
    let io = causes.find_map(|cause| cause.downcast_ref::<std::io::Error>());
    io.map_or(Error::DestinationUnavailable, explain_connecting)
}

fn explain_connecting(error: &std::io::Error) -> Error {
    use std::io::ErrorKind;
    // The connector wraps the errors of TLS once more.
    let inner = error.get_ref();
    if inner.is_some_and(<dyn std::error::Error + Send + Sync>::is::<std::io::Error>) {
        return Error::TlsProtocolError;
    }
    match error.kind() {
        ErrorKind::TimedOut => Error::ConnectionTimeout,
        ErrorKind::ConnectionRefused
        | ErrorKind::ConnectionReset
        | ErrorKind::HostUnreachable
        | ErrorKind::NetworkUnreachable
        | ErrorKind::PermissionDenied => Error::ConnectionRefused,
        // What is left of connecting is the look-up of the name.
        _ => Error::DnsError {
            rcode: Some("address not available".to_owned()),
            info_code: Some(0),
        },
    }
}
