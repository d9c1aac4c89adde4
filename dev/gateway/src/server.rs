//! Accepting connections, and handing each request to whom it is for.

use std::convert::Infallible;
use std::io::Write as _;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use http::uri::{Authority, PathAndQuery};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Uri, header};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::answer::{self, Body};
use crate::config::Config;
use crate::forward::{self, Forwarder};
use crate::headers;
use crate::instances::Instances;
use crate::limit::Limit;
use crate::route::{self, BadHost, Face, PORTAL_PREFIX, Target};
use crate::status_page::{self, Reason};

/// Size of a request's line and headers together; a larger one is answered with 431.
pub(crate) const MAX_HEADER_BYTES: usize = 64 * 1024;
/// How long a client may take to send them.
const HEADER_LIMIT: Duration = Duration::from_secs(30);
/// Connections at a time; more wait to be accepted.
const MAX_CONNECTIONS: usize = 2048;
/// How long open requests may go on after SIGTERM.
const DRAIN_LIMIT: Duration = Duration::from_secs(2);

/// Serves until SIGTERM or Ctrl-C.
pub(crate) async fn run(config: Config) -> Result<()> {
    let listener = TcpListener::bind(config.listen)
        .await
        .with_context(|| format!("listen on {}", config.listen))?;
    let stop = CancellationToken::new();
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let on_signal = stop.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        on_signal.cancel();
    });
    let mut stdout = std::io::stdout();
    writeln!(stdout, "Serving http://{}", listener.local_addr()?)?;
    stdout.flush()?;
    serve(listener, config, stop).await;
    Ok(())
}

/// Accepts connections until it is told to stop.
pub(crate) async fn serve(listener: TcpListener, config: Config, stop: CancellationToken) {
    let gateway = Arc::new(Gateway::new(config));
    let connections = TaskTracker::new();
    let slots = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    loop {
        let Ok(slot) = Arc::clone(&slots).acquire_owned().await else {
            break;
        };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.cancelled() => break,
        };
        match accepted {
            Ok((stream, client)) => {
                let connection = connection(Arc::clone(&gateway), stream, client, stop.clone());
                connections.spawn(async move {
                    connection.await;
                    drop(slot);
                });
            }
            Err(error) => {
                // Out of files, say: pause instead of spinning.
                tracing::warn!(%error, "accept");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
    connections.close();
    if tokio::time::timeout(DRAIN_LIMIT, connections.wait())
        .await
        .is_err()
    {
        tracing::info!("ended with open connections");
    }
}

async fn connection(
    gateway: Arc<Gateway>,
    stream: TcpStream,
    client: SocketAddr,
    stop: CancellationToken,
) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "set TCP_NODELAY");
    }
    let service = service_fn(move |request| {
        let gateway = Arc::clone(&gateway);
        async move { Ok::<_, Infallible>(gateway.answer(request, client.ip()).await) }
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_LIMIT)
        .max_buf_size(MAX_HEADER_BYTES)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    let mut served = std::pin::pin!(served);
    let outcome = tokio::select! {
        outcome = served.as_mut() => outcome,
        () = stop.cancelled() => {
            served.as_mut().graceful_shutdown();
            served.await
        }
    };
    if let Err(error) = outcome {
        tracing::debug!(%error, "a connection ended early");
    }
}

/// What answering a request takes.
struct Gateway {
    config: Config,
    forwarder: Forwarder,
    instances: Instances,
    limit: Limit,
}

/// A request on its way: for which host, from whom.
struct Visit {
    host: HeaderValue,
    client: IpAddr,
}

impl Gateway {
    fn new(config: Config) -> Self {
        let instances = Instances::new(config.database_url.clone());
        Self {
            limit: Limit::new(config.client_limit),
            config,
            forwarder: Forwarder::new(),
            instances,
        }
    }

    async fn answer(&self, request: Request<Incoming>, client: IpAddr) -> Response<Body> {
        let authority = match acceptable(&request) {
            Ok(authority) => authority,
            Err(refusal) => return *refusal,
        };
        let Ok(host) = HeaderValue::from_str(authority.as_str()) else {
            return refuse(BadHost::Malformed);
        };
        let visit = Visit { host, client };
        let config = &self.config;
        let target = route::target(authority.host(), &config.domain);
        if matches!(target, Target::Portal | Target::Api)
            && let Err(refused) = self.limit.check(client)
        {
            return self.shared(request.headers(), answer::too_many(&refused));
        }
        match target {
            Target::Portal => self.portal(request, &visit).await,
            Target::Api => self.api(request, &visit).await,
            Target::Auth => {
                self.stand_in(request, config.auth.as_ref(), "the auth service", &visit)
                    .await
            }
            Target::Stripe => {
                let stripe = config.stripe.as_ref();
                self.stand_in(request, stripe, "the Stripe stand-in", &visit)
                    .await
            }
            Target::Instance { subdomain, face } => {
                self.instance(request, &subdomain, face, &visit).await
            }
            Target::Domain => answer::redirect(&config.portal_url),
            Target::Unknown => unknown(authority.host()),
        }
    }

    /// A stand-in, where there is one.
    async fn stand_in(
        &self,
        request: Request<Incoming>,
        upstream: Option<&Authority>,
        name: &str,
        visit: &Visit,
    ) -> Response<Body> {
        match upstream {
            Some(upstream) => self.part(request, upstream, name, visit).await,
            None => unknown(visit.host.to_str().unwrap_or_default()),
        }
    }

    async fn portal(&self, request: Request<Incoming>, visit: &Visit) -> Response<Body> {
        let path = format!("{PORTAL_PREFIX}{}", path_of(request.uri()));
        match PathAndQuery::try_from(path) {
            Ok(path) => {
                self.forward(request, &self.config.functions, path, "the portal", visit)
                    .await
            }
            Err(_) => answer::problem(
                StatusCode::BAD_REQUEST,
                "bad_path",
                "the path cannot be read",
            ),
        }
    }

    async fn api(&self, request: Request<Incoming>, visit: &Visit) -> Response<Body> {
        if route::is_portal_path(request.uri().path()) {
            return answer::problem(
                StatusCode::NOT_FOUND,
                "not_found",
                "the API has no such path",
            );
        }
        let asked = request.headers().clone();
        let answer = self
            .part(request, &self.config.functions, "the API", visit)
            .await;
        self.shared(&asked, answer)
    }

    /// The functions let the portal read what they answer; what is answered in their place, it may read as well.
    fn shared(&self, asked: &HeaderMap, mut answer: Response<Body>) -> Response<Body> {
        let origin = &self.config.portal_origin;
        let is_the_portals = asked
            .get(header::ORIGIN)
            .is_some_and(|given| given == origin.as_str());
        let is_theirs = answer
            .headers()
            .contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN);
        if is_the_portals && !is_theirs {
            answer::share(&mut answer, origin);
        }
        answer
    }

    async fn part(
        &self,
        request: Request<Incoming>,
        upstream: &Authority,
        name: &str,
        visit: &Visit,
    ) -> Response<Body> {
        let path = path_of(request.uri());
        self.forward(request, upstream, path, name, visit).await
    }

    async fn forward(
        &self,
        request: Request<Incoming>,
        upstream: &Authority,
        path: PathAndQuery,
        name: &str,
        visit: &Visit,
    ) -> Response<Body> {
        let answer = self
            .forwarder
            .send(request, upstream, path, visit.client, &visit.host)
            .await;
        answer.unwrap_or_else(|failure| forward::problem(&failure, name))
    }

    async fn instance(
        &self,
        request: Request<Incoming>,
        subdomain: &str,
        face: Face,
        visit: &Visit,
    ) -> Response<Body> {
        let instance = match self.instances.find(subdomain).await {
            Ok(Some(instance)) => instance,
            Ok(None) => return status_page::no_instance(subdomain, face),
            Err(error) => {
                tracing::warn!(error = format!("{error:#}"), subdomain, "find an instance");
                return status_page::not_up(subdomain, face, &Reason::Unknown);
            }
        };
        let Some(upstream) = instance.upstream(face) else {
            return status_page::not_up(subdomain, face, &Reason::NotUp(&instance));
        };
        let path = path_of(request.uri());
        let answer = self
            .forwarder
            .send(request, upstream, path, visit.client, &visit.host)
            .await;
        match answer {
            Ok(answer) => asked_again(answer),
            Err(failure) => {
                tracing::debug!(?failure, subdomain, "an instance does not answer");
                status_page::not_up(subdomain, face, &Reason::Silent)
            }
        }
    }
}

/// MindRoom's pages name no lifetime, and a browser would show its own copy of one for a while after the instance
/// was stopped. It may keep them, but has to ask.
fn asked_again(mut answer: Response<Body>) -> Response<Body> {
    let lifetime = answer.headers_mut().entry(header::CACHE_CONTROL);
    lifetime.or_insert(HeaderValue::from_static("no-cache"));
    answer
}

/// Refuses what Spin would answer with an empty 500 or a closed connection.
fn acceptable(request: &Request<Incoming>) -> Result<Authority, Box<Response<Body>>> {
    let refusal = |code, detail| {
        Err(Box::new(answer::problem(
            StatusCode::BAD_REQUEST,
            code,
            detail,
        )))
    };
    if request.method() == Method::CONNECT {
        return refusal("bad_method", "this is no forward proxy");
    }
    if request.uri().path() == "*" {
        return refusal("bad_path", "the request is for no path");
    }
    if !headers::are_text(request.headers()) {
        return refusal("bad_header", "a header's value is not UTF-8");
    }
    route::host(request.uri(), request.headers()).map_err(|bad| Box::new(refuse(bad)))
}

fn refuse(bad: BadHost) -> Response<Body> {
    let detail = match bad {
        BadHost::Missing => "the request names no host",
        BadHost::Malformed => "the request's host cannot be read",
    };
    answer::problem(StatusCode::BAD_REQUEST, "bad_host", detail)
}

fn unknown(host: &str) -> Response<Body> {
    let detail = format!("nothing is served under {host}");
    answer::problem(StatusCode::BAD_REQUEST, "unknown_host", &detail)
}

fn path_of(uri: &Uri) -> PathAndQuery {
    uri.path_and_query()
        .cloned()
        .unwrap_or_else(|| PathAndQuery::from_static("/"))
}
