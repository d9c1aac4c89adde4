//! Sending a request on and its answer back, both streaming; after a change of protocol, bytes both ways.

use std::net::IpAddr;
use std::time::Duration;

use http::uri::{Authority, PathAndQuery, Scheme};
use http::{HeaderValue, Request, Response, StatusCode, Uri};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};

use crate::answer::{self, Body};
use crate::headers;

/// Everything is on this machine.
const CONNECT_LIMIT: Duration = Duration::from_secs(2);
/// Longer than any long poll.
const ANSWER_LIMIT: Duration = Duration::from_mins(5);
/// Shorter than the idle time after which the parts close a connection.
const IDLE_LIMIT: Duration = Duration::from_secs(15);

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Nothing listens there.
    Unreachable,
    /// The connection broke before an answer began.
    Broken,
    /// No answer began in time.
    TooLate,
}

/// Sends requests on.
#[derive(Clone)]
pub(crate) struct Forwarder {
    client: Client<HttpConnector, Body>,
}

impl Forwarder {
    /// With a pool of connections.
    pub(crate) fn new() -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        connector.set_connect_timeout(Some(CONNECT_LIMIT));
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE_LIMIT)
            .build(connector);
        Self { client }
    }

    /// Sends a request to `upstream` under `path`, as coming from `client` for `host`.
    pub(crate) async fn send(
        &self,
        mut request: Request<Incoming>,
        upstream: &Authority,
        path: PathAndQuery,
        client: IpAddr,
        host: &HeaderValue,
    ) -> Result<Response<Body>, Failure> {
        let wanted = headers::upgrade(request.headers());
        let clients_side = wanted.as_ref().map(|_| hyper::upgrade::on(&mut request));
        let (mut parts, body) = request.into_parts();
        headers::leave_hop(&mut parts.headers, wanted);
        headers::say_where_from(&mut parts.headers, client, host);
        parts.version = http::Version::HTTP_11;
        parts.uri = address(upstream, path)?;
        let request = Request::from_parts(parts, body.map_err(Into::into).boxed());

        let answer = tokio::time::timeout(ANSWER_LIMIT, self.client.request(request)).await;
        let mut answer = answer
            .map_err(|_| Failure::TooLate)?
            .map_err(|error| failure(&error))?;
        let changed = headers::upgrade(answer.headers());
        if answer.status() == StatusCode::SWITCHING_PROTOCOLS {
            let Some(clients_side) = clients_side else {
                return Err(Failure::Broken);
            };
            tunnel(clients_side, hyper::upgrade::on(&mut answer));
            headers::leave_hop(answer.headers_mut(), changed);
        } else {
            headers::leave_hop(answer.headers_mut(), None);
        }
        Ok(answer.map(|body| body.map_err(Into::into).boxed()))
    }
}

fn address(upstream: &Authority, path: PathAndQuery) -> Result<Uri, Failure> {
    Uri::builder()
        .scheme(Scheme::HTTP)
        .authority(upstream.clone())
        .path_and_query(path)
        .build()
        .map_err(|_| Failure::Unreachable)
}

fn failure(error: &hyper_util::client::legacy::Error) -> Failure {
    tracing::debug!(%error, source = ?std::error::Error::source(error), "no answer");
    if error.is_connect() {
        Failure::Unreachable
    } else {
        Failure::Broken
    }
}

/// Copies bytes both ways until either side ends.
fn tunnel(client: hyper::upgrade::OnUpgrade, upstream: hyper::upgrade::OnUpgrade) {
    tokio::spawn(async move {
        let both = tokio::try_join!(client, upstream);
        let Ok((client, upstream)) = both else { return };
        let (mut client, mut upstream) = (TokioIo::new(client), TokioIo::new(upstream));
        if let Err(error) = tokio::io::copy_bidirectional(&mut client, &mut upstream).await {
            tracing::debug!(%error, "a connection ended after its change of protocol");
        }
    });
}

/// The answer where the API or a stand-in gave none.
pub(crate) fn problem(failure: &Failure, name: &str) -> Response<Body> {
    match failure {
        Failure::Unreachable => answer::unreachable(name),
        Failure::Broken => {
            let detail = format!("{name} ended the connection before it answered");
            answer::problem(StatusCode::BAD_GATEWAY, "upstream_failed", &detail)
        }
        Failure::TooLate => {
            let detail = format!("{name} took too long to answer");
            answer::problem(StatusCode::GATEWAY_TIMEOUT, "upstream_timeout", &detail)
        }
    }
}
