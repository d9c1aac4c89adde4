//! The client behind outbound HTTP: hyper's, with its pool, over plain TCP or rustls.

use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response};
use http_body_util::BodyExt as _;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody};

use super::body::TimedBody;

/// How long a connection attempt may take.
const CONNECT: Duration = Duration::from_secs(30);
/// Spin's waits for an answer and between its parts, unless the component says otherwise.
const WAIT: Duration = Duration::from_mins(10);

type Inner = hyper_util::client::legacy::Client<HttpsConnector<HttpConnector>, WasiBody>;

/// Shared by all components.
#[derive(Clone)]
pub(crate) struct Client(Arc<Inner>);

impl Client {
    pub(crate) fn new() -> anyhow::Result<Self> {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_connect_timeout(Some(CONNECT));
        let connector = HttpsConnectorBuilder::new()
            .with_provider_and_webpki_roots(rustls::crypto::ring::default_provider())?
            .https_or_http()
            .enable_http1()
            .enable_http2()
            .wrap_connector(tcp);
        let client = hyper_util::client::legacy::Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .timer(TokioTimer::new())
            .build(connector);
        Ok(Self(Arc::new(client)))
    }

    /// Sends a request and waits for the head of its answer.
    pub(crate) async fn send(
        &self,
        request: Request<WasiBody>,
        options: RequestOptions,
    ) -> Result<Response<WasiBody>, Error> {
        let wait = options.first_byte_timeout.unwrap_or(WAIT);
        let wait = wait.saturating_add(options.connect_timeout.unwrap_or_default());
        let response = tokio::time::timeout(wait, self.0.request(request))
            .await
            .map_err(|_| Error::ConnectionReadTimeout)?
            .map_err(|error| explain(&error))?;
        let between = options.between_bytes_timeout.unwrap_or(WAIT);
        Ok(response.map(|body| TimedBody::new(body, between).boxed_unsync()))
    }
}

/// The client's error as one of the interface's.
fn explain(error: &hyper_util::client::legacy::Error) -> Error {
    tracing::debug!("outbound HTTP: {}", crate::postgres::address::chain(error));
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(here) = cause {
        if let Some(io) = here.downcast_ref::<std::io::Error>() {
            return explain_io(io, error.is_connect());
        }
        if here.downcast_ref::<rustls::Error>().is_some() {
            return Error::TlsProtocolError;
        }
        if let Some(hyper) = here.downcast_ref::<hyper::Error>()
            && (hyper.is_incomplete_message() || hyper.is_closed())
        {
            return Error::ConnectionTerminated;
        }
        cause = here.source();
    }
    if error.is_connect() {
        Error::DestinationUnavailable
    } else {
        Error::HttpProtocolError
    }
}

fn explain_io(error: &std::io::Error, connecting: bool) -> Error {
    use std::io::ErrorKind;
    if is_tls(error) {
        return Error::TlsProtocolError;
    }
    match error.kind() {
        ErrorKind::ConnectionRefused => Error::ConnectionRefused,
        ErrorKind::TimedOut => Error::ConnectionTimeout,
        ErrorKind::ConnectionReset | ErrorKind::BrokenPipe | ErrorKind::UnexpectedEof => {
            Error::ConnectionTerminated
        }
        ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable => {
            Error::DestinationIpUnroutable
        }
        // What is left of connecting is the look-up of the name.
        _ if connecting => Error::DnsError {
            rcode: Some(error.to_string()),
            info_code: None,
        },
        _ => Error::InternalError(Some(error.to_string())),
    }
}

/// Whether an error of TLS is inside; connectors wrap it more than once.
fn is_tls(error: &std::io::Error) -> bool {
    error.get_ref().is_some_and(|inner| {
        inner.is::<rustls::Error>() || inner.downcast_ref::<std::io::Error>().is_some_and(is_tls)
    })
}
